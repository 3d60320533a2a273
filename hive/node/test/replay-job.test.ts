// `/replay/ctl` and `/replay/status`: the history decided again beside the hive that runs.

import type { PathSession } from '@cohesix/ninedoor';
import { expect, it, vi } from 'vitest';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

async function start(): Promise<PathSession> {
  const hive = await place.start();
  const session = queenOf(hive);
  // That a queen attached is a record too; these tests count from where it is on disk.
  await vi.waitFor(async () => expect(await textOf(session, '/audit/journal')).toContain('/sys/root/ctl'));
  return session;
}

/** What a replay from a cursor comes to. */
async function replayed(session: PathSession, from: number): Promise<Record<string, unknown>> {
  expect(await session.append('/replay/ctl', `{"from":${from}}\n`)).toMatchObject({ ok: true });
  return vi.waitFor(async () => {
    const status = JSON.parse(await textOf(session, '/replay/status'));
    expect(status.state).not.toBe('running');
    return status;
  });
}

it('is idle, then tells that the history is decided the same again', async () => {
  const session = await start();
  expect(await textOf(session, '/replay/status')).toBe('{"state":"idle"}\n');
  await session.append('/queen/lifecycle/ctl', 'cordon\n');
  const journal = await textOf(session, '/audit/journal');
  const status = await replayed(session, 0);
  // The line that asks is part of the history too.
  const records = journal.trimEnd().split('\n').length + 1;
  expect(status).toMatchObject({ state: 'ok', from: 0, entries: records, match: true });
});

it('counts from a cursor: two acknowledgements have the hash of contracts-1, section 5.9', async () => {
  const session = await start();
  const before = (await textOf(session, '/audit/journal')).length;
  await session.append('/queen/lifecycle/ctl', 'cordon\n');
  expect(await replayed(session, before)).toMatchObject({
    state: 'ok',
    from: before,
    entries: 2,
    sequence_fnv1a: '6df28b82c98d2471',
  });
});

it('refuses cursors after the end and in the middle of a record, and changes nothing', async () => {
  const session = await start();
  expect(await replayed(session, 1_000_000)).toMatchObject({ state: 'err', error: expect.stringMatching(/^future/) });
  expect(await replayed(session, 1)).toMatchObject({ state: 'err', error: 'no record begins at 1' });
  expect(await session.append('/replay/ctl', '{"from":-1}\n')).toMatchObject({ ok: false });
  expect(await session.append('/replay/ctl', '{"from":0,"to":9}\n')).toMatchObject({ ok: false });
});

it('goes over thousands of records while the hive goes on', async () => {
  const session = await start();
  const lines = Array.from({ length: 2000 }, (_, index) => JSON.stringify({ budget: { ops: 1 + (index % 9) } }));
  await Promise.all(lines.map((line) => place.hive?.system('/queen/ctl', line)));
  expect(await session.append('/replay/ctl', '{"from":0}\n')).toMatchObject({ ok: true });
  expect(await session.append('/queen/lifecycle/ctl', 'cordon\n')).toMatchObject({ ok: true });
  await vi.waitFor(async () =>
    expect(JSON.parse(await textOf(session, '/replay/status'))).toMatchObject({ state: 'ok', match: true }),
  );
  expect(JSON.parse(await textOf(session, '/replay/status')).entries).toBeGreaterThan(2000);
});
