// What is remembered of writes by their keys, how much of it and how long.

import { expect, it } from 'vitest';
import { IdempotencyKeys } from '../src/files/idempotency.ts';
import type { Reply } from '../src/route.ts';

const MINUTE = 60_000;

/** A table, its clock, and a write of which the runs are counted. */
function table(keysMax: number, keepMs = 10 * MINUTE) {
  const state = { now: 0, runs: 0 };
  const keys = new IdempotencyKeys({ keysMax, keepMs, now: () => state.now });
  const write = (caller: string, key: string, isToKeep = true): Promise<Reply> =>
    keys.answer({ caller, key, body: Buffer.from('body') }, async () => {
      state.runs += 1;
      return { reply: { status: 200, type: 'text/plain', body: String(state.runs) }, isToKeep };
    });
  return { keys, state, write };
}

it('remembers as long as it says, and not longer', async () => {
  const { state, write } = table(64);
  await write('a', 'k');
  state.now = 10 * MINUTE - 1;
  await write('a', 'k');
  expect(state.runs).toBe(1);
  state.now += 1;
  await write('a', 'k');
  expect(state.runs).toBe(2);
});

it('one ticket has a quarter; one more is refused and not written', async () => {
  const { state, write } = table(8);
  for (const key of ['1', '2']) expect((await write('a', key)).status).toBe(200);
  const full = await write('a', '3');
  expect(full).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
  expect(state.runs).toBe(2);
  expect((await write('b', '1')).status).toBe(200);
});

it('all tickets together have no more than the bound', async () => {
  const { keys, write } = table(4);
  for (const caller of ['a', 'b', 'c', 'd']) expect((await write(caller, 'k')).status).toBe(200);
  expect((await write('e', 'k')).status).toBe(429);
  expect(keys.size).toBe(4);
});

it('the oldest gives way after its first minute, and not before', async () => {
  const { state, write } = table(8);
  await write('a', '1');
  await write('a', '2');
  state.now = MINUTE - 1;
  expect((await write('a', '3')).status).toBe(429);
  state.now = MINUTE;
  expect((await write('a', '3')).status).toBe(200);
  expect((await write('a', '2')).headers?.['idempotent-replayed']).toBe('true');
});

it('what was refused takes no room', async () => {
  const { keys, write } = table(4);
  for (let key = 0; key < 10; key++) expect((await write('a', String(key), false)).status).toBe(200);
  expect(keys.size).toBe(0);
});

it('settling makes room, but never takes a key from a write that is under way', async () => {
  const { keys, state, write } = table(8);
  await write('a', '1');
  const gate = Promise.withResolvers<void>();
  const slow = keys.answer({ caller: 'a', key: '2', body: Buffer.from('body') }, async () => {
    await gate.promise;
    return { reply: { status: 200, type: 'text/plain', body: 'slow' }, isToKeep: true };
  });
  keys.settle('a', ['1', '2']);
  expect(keys.size).toBe(1);
  const waits = write('a', '2');
  gate.resolve();
  expect(await waits).toMatchObject({ body: 'slow' });
  expect(await slow).toMatchObject({ body: 'slow' });
  expect(state.runs).toBe(1);
});

it('a write that ends in a defect is not begun again', async () => {
  const { keys, state, write } = table(8);
  const broken = (): Promise<Reply> =>
    keys.answer({ caller: 'a', key: 'k', body: Buffer.from('body') }, async () => {
      state.runs += 1;
      throw new Error('a defect');
    });
  await expect(broken()).rejects.toThrow('a defect');
  await expect(write('a', 'k')).rejects.toThrow('a defect');
  expect(state.runs).toBe(1);
});
