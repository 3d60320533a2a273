// The journal as the page holds it: the end that the stream retains, and older records out of the log.

import type { HiveClient } from '@cohesix/client/core';
import { ok, refuse } from '@cohesix/wire';
import { afterEach, expect, test, vi } from 'vitest';
import { JournalTail } from '../../src/journal/tail.ts';
import { hive } from '../../src/session/hive.ts';
import { makeLog, type TestLog } from './log-kit.ts';

afterEach(() => hive.set(undefined));

/** A hive of the past (nothing is followed) whose stream retains the last `retained` records of a log, or is not there. */
function show(log: TestLog, retained: number | undefined): void {
  const stream = new TextEncoder().encode(
    log.records
      .slice(-(retained ?? 1))
      .map((text) => `${text}\n`)
      .join(''),
  );
  const client = {
    read: async (path: string, options: object) => {
      if (path !== '/audit/journal') return log.read(path, options);
      return retained === undefined ? refuse('invalid-path', 'No such path.') : ok(stream);
    },
  };
  hive.set({ mode: 'past', at: 1, client: client as unknown as HiveClient, role: 'queen', subject: undefined });
}

const lines = ({ journal }: JournalTail): readonly number[] => journal.get().entries.map(({ seq }) => seq);
const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test('older lines are read bundle by bundle, without a gap and without one twice', async () => {
  const log = makeLog(new Array<number>(600).fill(2));
  show(log, 40);
  const tail = new JournalTail();
  const stop = tail.start();
  await vi.waitFor(() => expect(lines(tail)).toEqual(upTo(1200, 1121)));
  await tail.older();
  expect(lines(tail)).toEqual(upTo(1200, 1025));
  await tail.older();
  expect([lines(tail), tail.journal.get().isWhole]).toEqual([upTo(1200, 513), false]);
  await tail.older();
  expect([lines(tail), tail.journal.get().isWhole]).toEqual([upTo(1200), true]);
  await tail.older();
  expect(lines(tail)).toHaveLength(1200);
  stop();
});

test('a pack, which has no stream, is read from its end', async () => {
  const log = makeLog(new Array<number>(300).fill(1));
  show(log, undefined);
  const tail = new JournalTail();
  const stop = tail.start();
  await vi.waitFor(() => expect(lines(tail)).toEqual(upTo(300, 257)));
  await tail.older();
  expect(tail.journal.get()).toMatchObject({ isWhole: true, refusal: undefined });
  expect(lines(tail)).toEqual(upTo(300));
  stop();
});

test('what cannot be read is told', async () => {
  const log = makeLog([1]);
  log.files.clear();
  show(log, undefined);
  const tail = new JournalTail();
  const stop = tail.start();
  await vi.waitFor(() => expect(tail.journal.get().refusal?.code).toBe('invalid-path'));
  stop();
});
