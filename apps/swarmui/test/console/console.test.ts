// The parts of the console without a terminal: the typed line, its keys, its history, the log, and a session over a client that a test holds.

import type { Follow, HiveClient } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';
import { describe, expect, test } from 'vitest';
import { ConsoleSession } from '../../src/places/console/console-session.ts';
import { LineHistory } from '../../src/places/console/history.ts';
import { typedOf } from '../../src/places/console/keys.ts';
import { LineEditor } from '../../src/places/console/line-editor.ts';
import { LineLog, LOG_LINES_MAX, straight } from '../../src/places/console/line-log.ts';
import { commonStart, TypedLines } from '../../src/places/console/typed-lines.ts';

describe('the typed line', () => {
  test('is edited by whole characters', () => {
    const line = new LineEditor();
    line.insert('caté́ 👩‍👧x');
    line.left();
    line.backspace();
    expect(line.text).toBe('caté́ x');
    line.cutWord();
    line.insert('cat ');
    line.end();
    line.backspace();
    expect(line.text).toBe('cat ');
  });

  test('shows the part around the cursor that fits', () => {
    const line = new LineEditor();
    line.insert('abcdefghij');
    expect(line.window(6)).toEqual({ before: '…ghij', after: '' });
    line.home();
    expect(line.window(6)).toEqual({ before: '', after: 'abcd…' });
    line.end();
    expect(line.window(20)).toEqual({ before: 'abcdefghij', after: '' });
    line.set('\x1b\x1b\x1b');
    expect(line.window(9).before.length).toBeLessThan(3);
  });

  test('takes keys, and no codes as text', () => {
    expect(typedOf('\x1b[A')).toEqual({ key: 'up' });
    expect(typedOf('\x1b[1;5C')).toBeUndefined();
    expect(typedOf('\x03')).toEqual({ key: 'interrupt' });
    expect(typedOf('ab\x07c')).toEqual({ text: 'abc' });
  });
});

describe('the history', () => {
  test('goes back to what was being typed, and keeps no tickets', () => {
    const kept = new Map<string, string>();
    const keeper = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const history = new LineHistory(keeper);
    for (const line of ['ping', 'ping', 'attach queen secret', 'echo /x coh2.abc', 'ls /']) history.add(line);
    expect(new LineHistory(keeper).lines).toEqual(['ping', 'ls /']);
    expect([history.up('half'), history.up(''), history.up('')]).toEqual(['ls /', 'ping', undefined]);
    expect([history.down(), history.down(), history.down()]).toEqual(['ls /', 'half', undefined]);
  });
});

test('a history too large for the storage of a browser keeps its end, and none loses a line that is sent', () => {
  const kept = new Map<string, string>();
  const keeper = {
    getItem: () => kept.get('') ?? null,
    setItem: (_: string, value: string) => void kept.set('', value),
  };
  const history = new LineHistory(keeper);
  for (const letter of ['a', 'b', 'c']) history.add(letter.repeat(30_000));
  expect(history.lines.map((line) => line[0])).toEqual(['b', 'c']);
  const full = new LineHistory({
    getItem: () => null,
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  });
  full.add('ping');
  expect(full.up('')).toBe('ping');
  history.clear();
  expect([history.lines, kept.get('')]).toEqual([[], '[]']);
});

describe('the log', () => {
  test('keeps the last lines, and tells which', () => {
    const log = new LineLog();
    for (let count = 0; count < 3 * LOG_LINES_MAX; count += 1) log.add('data', `${count}`);
    expect(log.from(0)).toHaveLength(LOG_LINES_MAX);
    expect(log.from(log.next - 2).map(({ text }) => text)).toEqual(['14998', '14999']);
    expect(log.from(log.next)).toEqual([]);
  });

  test('says from where on it was cleared', () => {
    const log = new LineLog();
    log.add('data', 'old');
    log.clear();
    log.add('data', 'new');
    expect([log.cleared, log.from(0).map(({ text }) => text)]).toEqual([1, ['new']]);
  });

  test('shows what would turn a text around', () => {
    expect(straight('a\u202eb')).toBe('a\\u202eb');
  });
});

test('what candidates begin with', () => {
  expect(commonStart(['/proc/a1', '/proc/a2'])).toBe('/proc/a');
  expect(commonStart(['x', 'y'])).toBe('');
});

/** A client whose pings are answered when a test says so. */
class HeldClient {
  readonly door = 'test';
  readonly role = 'queen';
  readonly pings: ((result: Result<void>) => void)[] = [];
  ping(): Promise<Result<void>> {
    return new Promise((resolve) => this.pings.push(resolve));
  }
  async list(): Promise<Result<readonly string[]>> {
    return ok(['alpha', 'beta']);
  }
  async stat(): Promise<Result<never>> {
    return refuse('not-found');
  }
  stops = 0;
  async follow(): Promise<Result<Follow>> {
    const over = Promise.withResolvers<void>();
    const stop = (): void => {
      this.stops += 1;
      over.resolve();
    };
    const wait = async function* (): AsyncGenerator<Uint8Array> {
      await over.promise;
      yield* [];
    };
    return ok({ stop, ended: over.promise.then(() => ok(undefined)), [Symbol.asyncIterator]: wait });
  }
  async explain(): Promise<undefined> {
    return undefined;
  }
}

function sessionOver(client: HeldClient): ConsoleSession {
  const session = new ConsoleSession(async () => refuse('unsupported'));
  session.use(client as unknown as HiveClient, 'here');
  return session;
}

const texts = (session: ConsoleSession): readonly string[] => session.log.from(0).map(({ text }) => text);

describe('a session', () => {
  test('runs pasted lines one after another', async () => {
    const client = new HeldClient();
    const session = sessionOver(client);
    new TypedLines(session, new LineHistory()).paste('ping\r\nping\nnot yet');
    await expect.poll(() => client.pings.length).toBe(1);
    client.pings[0]?.(ok(undefined));
    await expect.poll(() => client.pings.length).toBe(2);
    client.pings[1]?.(ok(undefined));
    await expect.poll(() => session.status.get().isRunning).toBe(false);
    expect(session.transcript).toBe('coh> ping\nOK PING reply=pong\ncoh> ping\nOK PING reply=pong\n');
  });

  test('is interrupted: gives the prompt back, drops what waits, and hears no late answer', async () => {
    const client = new HeldClient();
    const session = sessionOver(client);
    for (const line of ['ping', 'ls /']) session.submit(line);
    await expect.poll(() => client.pings.length).toBe(1);
    expect(session.interrupt()).toBe(true);
    expect(session.status.get().isRunning).toBe(false);
    expect(texts(session).at(-1)).toContain('what this line asked may still happen. Behind it, 1 not sent.');
    session.submit('ls /queen');
    await expect.poll(() => texts(session).at(-1)).toBe('END');
    client.pings[0]?.(ok(undefined));
    await client.list();
    expect(session.transcript).not.toContain('OK PING');
  });

  test('says that a lost connection leaves a line in doubt', async () => {
    const client = new HeldClient();
    const session = sessionOver(client);
    session.submit('ping');
    await expect.poll(() => client.pings.length).toBe(1);
    session.use(undefined);
    expect(texts(session).slice(-2).join()).toContain('the hive may have taken it or not');
    session.submit('ping');
    await expect.poll(() => texts(session).at(-1)).toBe('Not sent: the page is not connected.');
  });

  test('ends its follow with the hive that it is of', async () => {
    const client = new HeldClient();
    const session = sessionOver(client);
    session.submit('follow /log/queen.log');
    await expect.poll(() => session.status.get().isFollowing).toBe(true);
    session.use(new HeldClient() as unknown as HiveClient, 'elsewhere');
    expect(session.status.get().isFollowing).toBe(false);
    expect(texts(session)).toContain('  The follow ended.');
    await expect.poll(() => client.stops).toBe(1);
  });

  test('takes so many lines behind one that is not answered, and says what it does not take', async () => {
    const client = new HeldClient();
    const session = sessionOver(client);
    const typed = new TypedLines(session, new LineHistory());
    typed.paste('ping\n'.repeat(1005));
    expect(texts(session).at(-1)).toBe('  4 lines were not sent: too many wait before them.');
    typed.insert('echo /x coh2.secret');
    typed.press('enter');
    expect(typed.editor.text).toBe('echo /x coh2.secret');
    expect(texts(session).join()).not.toContain('secret');
    typed.clear();
    expect(typed.editor.text).toBe('');
  });

  test('completes what is typed, and lists what is left', async () => {
    const session = sessionOver(new HeldClient());
    const typed = new TypedLines(session, new LineHistory());
    typed.insert('cat /x/al');
    typed.press('complete');
    await expect.poll(() => typed.editor.text).toBe('cat /x/alpha');
    typed.press('cut-word');
    typed.insert('/x/');
    typed.press('complete');
    await expect.poll(() => texts(session).at(-1)).toBe('/x/alpha  /x/beta');
  });
});
