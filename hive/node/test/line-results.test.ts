// `/proc/self/results`: an append is all or nothing, and its writer can read what became of each line.

import type { PathSession } from '@cohesix/ninedoor';
import { expect, it } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

async function started(): Promise<PathSession> {
  const hive = await place.start();
  return queenOf(hive);
}

async function results(session: PathSession): Promise<unknown[]> {
  const text = await textOf(session, '/proc/self/results');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

const CTL = '/queen/ctl';
const SPAWN = '{"spawn":"heartbeat","ticks":5}';

it('is empty before the first write', async () => {
  expect(await textOf(await started(), '/proc/self/results')).toBe('');
});

it('tells of each accepted line its entry and what it gave back', async () => {
  const session = await started();
  const written = await session.append(CTL, `${SPAWN}\n${SPAWN}\n`);
  expect(written.ok).toBe(true);
  const [first, second, ...rest] = await results(session);
  expect(first).toMatchObject({ line: 1, path: CTL, result: 'accepted', reply: { id: 'worker-1' } });
  expect(second).toMatchObject({ line: 2, path: CTL, result: 'accepted', reply: { id: 'worker-2' } });
  expect(rest).toEqual([]);
  const log = await textOf(session, CTL);
  const entries = [first, second].map((result) => (result as { entry: number }).entry);
  for (const entry of entries) expect(log).toContain(`"seq":${entry},`);
});

it('names the refused line, and says that the others were dropped', async () => {
  const session = await started();
  const written = await session.append(CTL, `${SPAWN}\n{"kill":"worker-77"}\n${SPAWN}\n`);
  expect(written).toMatchObject({ ok: false, refusal: { code: 'not-found' } });
  expect(written.ok ? '' : written.refusal.detail).toMatch(/^Line 2 of 3: /);
  expect(await results(session)).toMatchObject([
    { line: 1, result: 'dropped' },
    { line: 2, result: 'refused', code: 'not-found' },
    { line: 3, result: 'dropped' },
  ]);
  expect(await session.list('/worker')).toEqual({ ok: true, value: [] });
});

it('does not keep the results of an earlier append over one that has too many lines', async () => {
  const session = await started();
  await session.append(CTL, SPAWN);
  const written = await session.append(CTL, `${SPAWN}\n`.repeat(17));
  expect(written).toMatchObject({ ok: false, refusal: { code: 'too-big' } });
  expect(await results(session)).toEqual([]);
});

it('is each session’s own', async () => {
  const session = await started();
  await session.append(CTL, SPAWN);
  const other = queenOf(place.hive as Hive);
  expect(await results(other)).toEqual([]);
  await other.append(CTL, '{}');
  expect(await results(other)).toMatchObject([{ line: 1, result: 'refused', code: 'invalid-payload' }]);
  expect(await results(session)).toMatchObject([{ line: 1, result: 'accepted' }]);
});
