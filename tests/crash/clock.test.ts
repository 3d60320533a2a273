// A whole hive under a wall clock that jumps, stands still, strobes or is far in the future, with monotonic time going on: what
// runs out does so once and not before its time by the journal, the journal's time never goes back, a replay comes to the same.

import { scanJournal } from '@cohesix/journal';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import type { LedgerRecord } from '@cohesix/node';
import { attenuate } from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { describe, expect, test } from 'vitest';
import { expectSurvival } from './hive-after.ts';
import { Life } from './hive-life.ts';
import { PLACES, type SimHive, SimWorld } from './sim-hive.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const TEN_YEARS = 3653 * DAY;
const TTL_S = 5;
/** How late the hive's clock may be: it looks each second, and 10 ms after a change. */
const LATE_MS = 1100;

async function booted(world: SimWorld = new SimWorld(1)): Promise<{ life: Life; hive: SimHive }> {
  const life = new Life(world, { disk: new MemoryDisk(), submissions: [] });
  if (!(await life.start()) || life.hive === undefined) throw new Error(life.refusal?.detail);
  return { life, hive: life.hive };
}

async function recordsOf({ disk }: Life): Promise<readonly LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  await scanJournal(disk, PLACES.journal, (_, body) => {
    records.push(JSON.parse(Buffer.from(body).toString()) as LedgerRecord);
    return undefined;
  });
  return records;
}

/** Everything that has an end: a worker, an approval, a revocation. */
async function startThings(life: Life): Promise<void> {
  const expires = life.world.wall.now() + TTL_S * SECOND;
  life.write('queen', '/queen/ctl', { spawn: 'heartbeat', ticks: 4_000_000, budget: { ttl_s: TTL_S } });
  const line = '{"kill":"worker-9"}';
  life.write('approver', '/actions/queue', { id: 'a', target: '/queen/ctl', line, decision: 'approve', ttl_s: TTL_S });
  life.write('queen', '/queen/ticket/ctl', { revoke: { id: 'ab'.repeat(16), expires_ms: expires } });
  await life.answers();
  expect(life.submissions.map(({ answer }) => answer)).toEqual(['ok', 'ok', 'ok']);
}

/** How often something ran out, and that none did before its time. */
async function ends(life: Life): Promise<{ readonly ticks: number; readonly exits: number }> {
  const records = await recordsOf(life);
  const began = records.find(({ path }) => path === '/queen/ctl')?.at ?? 0;
  const ticks = records.filter(({ path }) => path === '/sys/clock');
  for (const { at } of ticks) expect(at).toBeGreaterThanOrEqual(began + TTL_S * SECOND);
  const exits = records.filter(({ path, lines }) => path === '/sys/workers/ctl' && lines[0]?.includes('"exited"'));
  return { ticks: ticks.length, exits: exits.length };
}

async function expectEndedOnce(life: Life): Promise<void> {
  expect(await ends(life)).toEqual({ ticks: 1, exits: 1 });
  expect(await life.hive?.read('/actions/a/status')).toContain('"state":"expired"');
  expect(await life.hive?.read('/proc/workers')).toMatch(/^workers total=0 /);
}

/** Replays, compares the state, and checks that time never goes back. */
async function expectReplays(life: Life): Promise<void> {
  await life.stop();
  expect(await expectSurvival(life, { mayLose: false, mayReturn: false })).toBeUndefined();
}

describe('a clock that jumps', () => {
  test.each([SECOND, HOUR, DAY, TEN_YEARS])(
    '%i ms forward: all that is due ends, once, a second late at most',
    async (jump) => {
      const { life } = await booted();
      await startThings(life);
      await life.world.pass(SECOND);
      life.world.wall.jump(jump);
      await life.world.pass(Math.max(0, TTL_S * SECOND - SECOND - jump) + LATE_MS);
      await expectEndedOnce(life);
      await life.world.pass(10 * SECOND);
      await expectEndedOnce(life);
      await expectReplays(life);
    },
  );

  test.each([SECOND, HOUR, DAY, TEN_YEARS])(
    '%i ms back: nothing ends early, all ends once when the clock is right again',
    async (jump) => {
      const { life } = await booted();
      await startThings(life);
      await life.world.pass(SECOND);
      life.world.wall.jump(-jump);
      await life.world.pass(TTL_S * SECOND - 2 * SECOND);
      expect(await ends(life)).toEqual({ ticks: 0, exits: 0 });
      life.write('queen', '/queen/ctl', { budget: { ops: 5 } });
      await life.answers();
      expect(life.submissions.at(-1)?.answer).toBe('ok');
      life.world.wall.jump(jump);
      await life.world.pass(SECOND + LATE_MS);
      await expectEndedOnce(life);
      await expectReplays(life);
    },
  );

  test('forward and back: what ended does not come back, and time in the journal stays', async () => {
    const { life } = await booted();
    await startThings(life);
    life.world.wall.jump(DAY);
    await life.world.pass(LATE_MS);
    await expectEndedOnce(life);
    life.world.wall.jump(-DAY);
    await life.world.pass(10 * SECOND);
    await expectEndedOnce(life);
    await expectReplays(life);
  });

  test('back and forth a hundred times', async () => {
    const { life } = await booted();
    await startThings(life);
    for (let step = 0; step < 100; step++) {
      life.world.wall.jump(step % 2 === 0 ? -HOUR : HOUR);
      life.write('queen', '/queen/ctl', { budget: { ops: 10 + step } });
      await life.answers();
      await life.world.pass(30);
    }
    await life.world.pass(3 * SECOND + LATE_MS);
    await expectEndedOnce(life);
    await expectReplays(life);
  });

  test('while a boot is on its way: the next process goes on from the time of the journal', async () => {
    const { life } = await booted();
    await startThings(life);
    await life.stop();
    life.world.wall.jump(-TEN_YEARS);
    expect(await life.start()).toBe(true);
    await life.world.pass(2 * SECOND);
    life.world.wall.jump(TEN_YEARS);
    await life.world.pass(3 * SECOND + LATE_MS);
    await expectEndedOnce(life);
    await expectReplays(life);
  });
});

test('a clock that stands still: nothing ends, changes are taken, nothing spins', async () => {
  const { life } = await booted();
  await startThings(life);
  life.world.wall.freeze();
  const before = (await recordsOf(life)).length;
  await life.world.pass(60 * SECOND);
  expect(await ends(life)).toEqual({ ticks: 0, exits: 0 });
  // What the worker used of its ticks is reported each 10 s of monotonic time.
  expect((await recordsOf(life)).length - before).toBeLessThanOrEqual(7);
  life.write('queen', '/queen/ctl', { budget: { ops: 5 } });
  await life.answers();
  expect(life.submissions.at(-1)?.answer).toBe('ok');
  life.world.wall.thaw();
  await life.world.pass(LATE_MS);
  await expectEndedOnce(life);
  await expectReplays(life);
});

test('a machine that slept for a minute: timers are late, all that was due ends once', async () => {
  const { life } = await booted();
  await startThings(life);
  // Asleep, monotonic time and with it every timer stands still.
  life.world.wall.jump(60 * SECOND);
  await life.world.pass(LATE_MS);
  await expectEndedOnce(life);
  await expectReplays(life);
});

test.each([
  ['2038, one second before 32 bits of seconds are full', 2 ** 31 * SECOND - SECOND],
  ['2106, one second before 32 unsigned bits are full', 2 ** 32 * SECOND - SECOND],
  ['a leap second at the end of 2016', Date.UTC(2016, 11, 31, 23, 59, 59, 500)],
  ['1970, before monotonic time', 500],
])('in %s', async (_, startMs) => {
  const world = new SimWorld(1);
  world.wall.jump(startMs - world.wall.now());
  const { life } = await booted(world);
  await startThings(life);
  await world.pass(TTL_S * SECOND + LATE_MS);
  await expectEndedOnce(life);
  const records = await recordsOf(life);
  expect(records[0]?.at).toBe(startMs);
  // Since the process started, whatever the wall says.
  for (const { mono_us } of records) expect(mono_us).toBeLessThanOrEqual((TTL_S * SECOND + LATE_MS) * 1000);
  await expectReplays(life);
});

describe('a ticket', () => {
  test('ends at its millisecond, and its session within a second', async () => {
    const { life, hive } = await booted();
    const { world } = life;
    const session = hive.assembly.attach(world.ticketOf('guest', { expiresMs: world.wall.now() + 5000 }));
    if (!session.ok) throw new Error(session.refusal.detail);
    await world.pass(4990);
    expect((await session.value.read('/proc/boot', 65_536)).ok).toBe(true);
    world.wall.jump(9);
    expect((await session.value.read('/proc/boot', 65_536)).ok).toBe(true);
    world.wall.jump(1);
    expect(await session.value.read('/proc/boot', 65_536)).toMatchObject({ ok: false, refusal: { code: 'expired' } });
  });

  test('that ended by the time of the journal is not brought back by a clock that goes back', async () => {
    const { life, hive } = await booted();
    const { world } = life;
    const ticket = world.ticketOf('guest', { expiresMs: world.wall.now() + 5000 });
    world.wall.jump(HOUR);
    life.write('queen', '/queen/ctl', { budget: { ops: 5 } });
    await life.answers();
    world.wall.jump(-HOUR);
    expect(hive.assembly.attach(ticket)).toMatchObject({ ok: false, refusal: { code: 'expired' } });
  });

  test.each([
    ['forward', [HOUR, DAY, TEN_YEARS]],
    ['back and forward', [-HOUR, HOUR, -DAY, DAY]],
    ['a minute forward and back, again and again', [60_000, -60_000, 60_000, -60_000]],
  ])('has at most its burst again after a clock that jumps %s', async (_, jumps) => {
    const { life, hive } = await booted();
    const { world } = life;
    const quotas = { operationsPerS: 1, operationsBurst: 10 };
    const ticket = attenuate(nodeTicketCrypto, world.ticketOf('guest'), { nonce: new Uint8Array(16).fill(9), quotas });
    if (!ticket.ok) throw new Error(ticket.refusal.detail);
    const session = hive.assembly.attach(ticket.value);
    if (!session.ok) throw new Error(session.refusal.detail);
    const spend = async (): Promise<number> => {
      for (let count = 0; ; count++) if (!(await session.value.read('/proc/boot', 65_536)).ok) return count;
    };
    expect(await spend()).toBe(10);
    const latest: number[] = [world.wall.now()];
    for (const jump of jumps) {
      world.wall.jump(jump);
      const isNews = world.wall.now() > Math.max(...latest);
      latest.push(world.wall.now());
      const got = await spend();
      expect(got).toBeLessThanOrEqual(isNews ? 10 : 0);
    }
  });
});
