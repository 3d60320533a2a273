import { execFileSync } from 'node:child_process';
import { refuse } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askFor, dismiss, propose, review, send, sendAgain, sentLines } from '../../src/act/acts.ts';
import { askingAct, asks } from '../../src/act/asks.ts';
import { cohForm } from '../../src/act/coh-form.ts';
import { instead } from '../../src/session/hive.ts';
import { session } from '../../src/session/session.ts';
import { Store } from '../../src/store/store.ts';
import { FakeHive } from './fake-hive.ts';

const KILL = { path: '/queen/ctl', line: '{"kill":"worker-1"}', what: 'Kill worker-1' };

let hive: FakeHive;
beforeEach(() => {
  hive = new FakeHive();
  instead.set({ mode: 'live', client: hive.client(), role: 'queen', subject: undefined });
});
afterEach(() => {
  session.phase.set({ kind: 'connecting', attempt: 1 });
  session.phase.set({ kind: 'signed-out' });
  instead.set(undefined);
});

describe('an act', () => {
  test('is sent once, however often the button is pressed', async () => {
    propose(KILL);
    await Promise.all([send(), send(), send()]);
    await send();
    expect(hive.appended).toEqual(['/queen/ctl {"kill":"worker-1"}']);
    expect(review.get()?.sent.kind).toBe('accepted');
    expect(sentLines.get()).toMatchObject([{ line: KILL.line, sent: { kind: 'accepted' } }]);
  });

  test('whose answer did not come is unknown, is in the transcript as that, and is not sent again', async () => {
    let open: () => void = () => undefined;
    hive.gate = new Promise((resolve) => {
      open = resolve;
    });
    propose(KILL);
    const sending = send();
    hive.clients[0]?.end('unreachable');
    open();
    await sending;
    expect(review.get()?.sent).toMatchObject({ kind: 'unknown' });
    instead.set({ mode: 'live', client: hive.client(), role: 'queen', subject: undefined });
    await send();
    expect(hive.appended).toEqual([]);
    expect(sentLines.get()).toMatchObject([{ sent: { kind: 'unknown' } }]);
  });

  test('that is refused is told in the words of the hive for this file, not in those for another one', async () => {
    hive.refused = 'denied';
    hive.put('/proc/self/refusal', 'code=denied path=/queen/ctl detail=Only a queen may kill.\n');
    propose(KILL);
    await send();
    expect(review.get()?.sent).toMatchObject({ kind: 'refused', sentence: 'Only a queen may kill.' });
    hive.put('/proc/self/refusal', 'code=denied path=/secret/file detail=Something else.\n');
    propose(KILL);
    await send();
    expect(review.get()?.sent).toMatchObject({ sentence: refuse('denied').refusal.detail });
    expect(sentLines.get()).toEqual([]);
  });

  test('is not sent to the past, nor without a connection, nor when it has no object any more', async () => {
    propose(KILL);
    instead.set({ mode: 'past', at: 3, client: hive.client(), role: 'queen', subject: undefined });
    await send();
    expect(review.get()?.sent).toMatchObject({ kind: 'refused', refusal: { code: 'unsupported' } });
    instead.set(undefined);
    propose(KILL);
    await send();
    expect(review.get()?.sent).toMatchObject({ kind: 'refused', refusal: { code: 'unreachable' } });
    instead.set({ mode: 'live', client: hive.client(), role: 'queen', subject: undefined });
    propose(KILL, undefined, new Store<string | undefined>('It was decided meanwhile.'));
    await send();
    expect(review.get()?.sent.kind).toBe('reviewed');
    expect(hive.appended).toEqual([]);
  });

  test('under way cannot be dismissed, and what was reviewed is not for the next one who signs in', async () => {
    let open: () => void = () => undefined;
    hive.gate = new Promise((resolve) => {
      open = resolve;
    });
    propose(KILL);
    const sending = send();
    dismiss();
    expect(review.get()?.sent.kind).toBe('sending');
    session.phase.set({ kind: 'connecting', attempt: 1 });
    session.phase.set({ kind: 'signed-out' });
    open();
    await sending;
    expect(review.get()).toBeUndefined();
    expect(sentLines.get()).toEqual([]);
  });

  test('is asked for once, sent again when it was approved, and an ask whose answer did not come is no ask', async () => {
    hive.refused = 'needs-approval';
    propose(KILL);
    await send();
    hive.refused = undefined;
    await Promise.all([askFor('ask-1'), askFor('ask-2')]);
    expect(asks.get().map(({ id, act }) => [id, act.line])).toEqual([['ask-1', KILL.line]]);
    expect(review.get()?.askId).toBe('ask-1');
    await Promise.all([sendAgain(), sendAgain()]);
    const asked = askingAct(KILL, 'ask-1').line;
    expect(hive.appended).toEqual([`/actions/queue ${asked}`, `/queen/ctl ${KILL.line}`]);
    dismiss();
    hive.refused = 'needs-approval';
    propose(KILL);
    await send();
    hive.refused = 'closed';
    await askFor('ask-3');
    expect(review.get()?.askRefusal).toContain('Look in Approvals whether it was asked');
    expect(asks.get().map(({ id }) => id)).toEqual(['ask-1']);
  });
});

/** What a POSIX shell hands to `coh`: its words and its stdin. */
function inShell(command: string): { readonly words: readonly string[]; readonly stdin: string } {
  const coh =
    'coh() { for word in "$@"; do printf "%s\\0" "$word"; done; printf "\\1"; if [ "$3" = - ]; then cat; fi; }';
  const told = execFileSync('/bin/sh', ['-c', `${coh}; ${command}`], { encoding: 'utf8', input: '' });
  const end = told.indexOf('\u0001');
  return { words: told.slice(0, end).split('\0').slice(0, -1), stdin: told.slice(end + 1) };
}

describe('the same act in a shell', () => {
  test.each(['{"kill":"worker-1"}', "it's", '', 'two words  and $HOME `id` \\n "x" !', '-5 degrees', '--wait'])(
    '%j is one word behind the path',
    (line) => {
      const { words } = inShell(cohForm({ path: '/queen/ctl', line }));
      expect(words.filter((word, index) => !(index === 2 && word === '--'))).toEqual(['echo', '/queen/ctl', line]);
      expect(words[2] === '--').toBe(line.startsWith('-'));
    },
  );

  test.each(['-', 'esc \u001b[2J', 'two\nlines', 'right \u202e to left', "100 % 'x' \\ \t", '\u2028'])(
    '%j comes from printf, spelled out',
    (line) => {
      const form = cohForm({ path: '/log/queen.log', line });
      expect(form).toMatch(/^[\x20-\x7e]+$/);
      const { words, stdin } = inShell(form);
      expect(words).toEqual(['echo', '/log/queen.log', '-']);
      expect(stdin).toBe(`${line}\n`);
    },
  );
});
