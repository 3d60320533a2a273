// The contract of HiveClient as tests: every implementation, against every hive, passes these. A hive under test has the
// files of `SuiteHive`; paths can be told where a hive keeps them elsewhere.

import type { Refusal, Result } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Follow, HiveClient } from '../src/hive-client.ts';

/** What a hive must have for the suite. */
export interface SuiteHive {
  /** A fresh session, closed by the suite. */
  readonly client: HiveClient;
  /** Makes the hive itself append a line (LF added) to `streamPath`. */
  readonly publish: (line: string) => void | Promise<void>;
  /** Ends the hive or the session from the hive's side; the client must notice. */
  readonly kill?: () => void;
  /** Puts everything away. */
  readonly dispose?: () => void | Promise<void>;
  readonly paths?: Partial<SuitePaths>;
}

/** Where the files are. */
export interface SuitePaths {
  /** A directory with at least two names. */
  readonly directory: string;
  /** A read-only view with content, and what it begins with. */
  readonly view: string;
  readonly viewBegins: string;
  /** A stream that the session may read. */
  readonly stream: string;
  /** A control file that takes JSON lines. */
  readonly control: string;
  /** A line the control file accepts, and one it refuses with `invalid-payload`. */
  readonly goodLine: string;
  readonly badLine: string;
}

const PATHS: SuitePaths = {
  directory: '/',
  view: '/proc/boot',
  viewBegins: 'hive=test',
  stream: '/log/queen.log',
  control: '/queen/ctl',
  goodLine: '{"kill":"worker-1"}',
  badLine: 'not json',
};

/** Declares the suite for one implementation. `make` is called for every test. */
export function testHiveClient(name: string, make: () => Promise<SuiteHive>): void {
  describe(`HiveClient: ${name}`, () => {
    let hive: SuiteHive;
    let client: HiveClient;
    let paths: SuitePaths;

    beforeEach(async () => {
      hive = await make();
      client = hive.client;
      paths = { ...PATHS, ...hive.paths };
    });
    afterEach(async () => {
      await client.close();
      await hive.dispose?.();
    });

    describe('list', () => {
      it('gives the names of a directory in byte order', async () => {
        const names = good(await client.list(paths.directory));
        expect(names.length).toBeGreaterThan(1);
        expect([...names]).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        expect(names).not.toContain('.');
      });
      it('refuses a file', async () => expect(code(await client.list(paths.view))).toBe('not-directory'));
    });

    describe('paths', () => {
      for (const path of [
        '/nope',
        '/nope/deeper/still',
        '/proc/nope',
        '/proc/../proc',
        '/proc//boot',
        '/proc/.',
        'proc',
        '',
      ]) {
        it(`refuses ${JSON.stringify(path)} in every operation`, async () => {
          expect(code(await client.list(path))).toBe('invalid-path');
          expect(code(await client.read(path))).toBe('invalid-path');
          expect(code(await client.append(path, 'x'))).toBe('invalid-path');
          expect(code(await client.stat(path))).toBe('invalid-path');
          expect(code(await client.follow(path))).toBe('invalid-path');
        });
      }
      it('refuses one deeper than any file', async () => {
        expect(code(await client.read('/a/b/c/d/e/f/g/h/i'))).toBe('invalid-path');
        expect(code(await client.read(`/proc${'/a'.repeat(20)}`))).toBe('invalid-path');
      });
    });

    describe('read', () => {
      it('gives the whole content', async () => {
        expect(text(good(await client.read(paths.view)))).toMatch(new RegExp(`^${paths.viewBegins}`));
      });
      it('takes a content of exactly maxBytes and refuses one byte less', async () => {
        const { length } = good(await client.read(paths.view));
        expect(good(await client.read(paths.view, { maxBytes: length })).length).toBe(length);
        expect(code(await client.read(paths.view, { maxBytes: length - 1 }))).toBe('too-big');
        expect(good(await client.read(paths.view)).length).toBe(length);
      });
      it('refuses a directory', async () => expect(code(await client.read('/proc'))).toBe('is-directory'));
      it('gives what a stream retains', async () => {
        await hive.publish('line one');
        expect(text(good(await client.read(paths.stream)))).toMatch(/line one\n$/);
      });
    });

    describe('append', () => {
      it('accepts a line, adds its line feed and counts it', async () => {
        const appended = good(await client.append(paths.control, paths.goodLine));
        expect(appended.bytes).toBe(paths.goodLine.length + 1);
        expect(text(good(await client.read(paths.control)))).toContain(`${paths.goodLine}\n`);
      });
      it('refuses a line the schema does not allow, and keeps nothing of it', async () => {
        const before = text(good(await client.read(paths.control)));
        expect(code(await client.append(paths.control, paths.badLine))).toBe('invalid-payload');
        expect(text(good(await client.read(paths.control)))).toBe(before);
      });
      it('is all or nothing over several lines', async () => {
        const before = text(good(await client.read(paths.control)));
        expect(code(await client.append(paths.control, `${paths.goodLine}\n${paths.badLine}\n`))).toBe(
          'invalid-payload',
        );
        expect(text(good(await client.read(paths.control)))).toBe(before);
      });
      it('refuses a view and a directory', async () => {
        expect(code(await client.append(paths.view, 'x'))).toBe('denied');
        expect(code(await client.append('/proc', 'x'))).toBe('is-directory');
      });
      it('refuses an empty text', async () => {
        expect(code(await client.append(paths.control, ''))).toBe('invalid-payload');
        expect(code(await client.append(paths.control, '\n\n'))).toBe('invalid-payload');
      });
      it('refuses more than a message carries', async () => {
        expect(code(await client.append(paths.control, `"${'x'.repeat(70_000)}"`))).toBe('too-big');
      });
    });

    describe('stat', () => {
      it('tells kind, size and version', async () => {
        const view = good(await client.stat(paths.view));
        expect(view.kind).toBe('view');
        expect(view.size).toBe(BigInt(good(await client.read(paths.view)).length));
        expect(good(await client.stat('/')).kind).toBe('directory');
        expect(good(await client.stat(paths.control)).kind).toBe('control');
        expect(good(await client.stat(paths.stream)).kind).toBe('stream');
      });
      it('gives a stream a larger end after a line, and a new version', async () => {
        const before = good(await client.stat(paths.stream));
        await hive.publish('more');
        const after = good(await client.stat(paths.stream));
        expect(after.size).toBe(before.size + 5n);
        expect(after.qidPath).toBe(before.qidPath);
        expect(after.qidVersion).not.toBe(before.qidVersion);
      });
    });

    describe('follow', () => {
      it('gives whole lines from now on, and ends with stop', async () => {
        const follow = good(await client.follow(paths.stream));
        const heard = collect(follow);
        await hive.publish('first');
        await until(() => heard.text.endsWith('first\n'));
        await hive.publish('second');
        await until(() => heard.text.endsWith('second\n'));
        expect(heard.text).toBe('first\nsecond\n');
        follow.stop();
        follow.stop();
        await heard.over;
        expect((await follow.ended).ok).toBe(true);
      });
      it('begins at the cursor it is given', async () => {
        const { size } = good(await client.stat(paths.stream));
        await hive.publish('while away');
        const follow = good(await client.follow(paths.stream, { from: size }));
        const heard = collect(follow);
        await until(() => heard.text === 'while away\n');
        follow.stop();
        await heard.over;
      });
      it('runs beside other operations', async () => {
        const follow = good(await client.follow(paths.stream));
        const heard = collect(follow);
        good(await client.read(paths.view));
        await hive.publish('beside');
        await until(() => heard.text === 'beside\n');
        good(await client.append(paths.control, paths.goodLine));
        follow.stop();
        await heard.over;
      });
      it('refuses what is not a stream', async () => {
        expect(code(await client.follow(paths.view))).toBe('unsupported');
        expect(code(await client.follow('/proc'))).toBe('unsupported');
      });
      it('ends when the iteration is left', async () => {
        const follow = good(await client.follow(paths.stream));
        await hive.publish('only');
        for await (const chunk of follow) {
          expect(text(chunk)).toBe('only\n');
          break;
        }
        expect((await follow.ended).ok).toBe(true);
      });
    });

    describe('the session', () => {
      it('answers a ping and tells its role', async () => {
        good(await client.ping());
        expect(client.role).toBe('queen');
      });
      it('does many operations at a time', async () => {
        const reads = await Promise.all(Array.from({ length: 100 }, () => client.read(paths.view)));
        expect(new Set(reads.map((result) => text(good(result)))).size).toBe(1);
      });
      it('explains the last refusal in a sentence', async () => {
        expect((await client.append(paths.control, paths.badLine)).ok).toBe(false);
        const sentence = await client.explain();
        expect(sentence).toMatch(/\S+ \S+/);
        expect(code(await client.append(paths.control, 'y'.repeat(70_000)))).toBe('too-big');
        expect(await client.explain()).not.toBe(sentence);
      });
      it('refuses everything after close, and closes twice', async () => {
        await client.close();
        await client.close();
        for (const result of [
          await client.ping(),
          await client.read(paths.view),
          await client.append(paths.control, 'x'),
        ]) {
          expect(code(result)).toBe('closed');
        }
      });
      it('ends a follow when it is closed', async () => {
        const follow = good(await client.follow(paths.stream));
        const heard = collect(follow);
        await client.close();
        await heard.over;
      });
    });
  });
}

/** The value, or a failed assertion that shows the refusal. */
export function good<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`refused: ${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** The code of a refusal; `ok` when there is none. */
export function code(result: Result<unknown>): Refusal['code'] | 'ok' {
  return result.ok ? 'ok' : result.refusal.code;
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Reads a follow in the background. */
export function collect(follow: Follow): { text: string; over: Promise<void> } {
  const heard = { text: '', over: Promise.resolve() };
  heard.over = (async () => {
    for await (const chunk of follow) {
      const piece = text(chunk);
      if (!piece.endsWith('\n')) throw new Error(`not whole lines: ${JSON.stringify(piece)}`);
      heard.text += piece;
    }
  })();
  return heard;
}

/** Waits for a condition, turning the event loop; fails after 5 s. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) expect.fail('the condition did not come true');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
