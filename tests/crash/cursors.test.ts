// Cursors of telemetry over crashes, under a whole hive in simulated time: they never go back, are never given out twice, and who
// resumes is told what is known of what it missed. docs: hive/node/src/cursors/part.ts.

import { MemoryDisk, type Survival } from '@cohesix/journal/memory-disk';
import { defaultManifest } from '@cohesix/manifest';
import { RingReader } from '@cohesix/telemetry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { type SimHive, SimWorld, smallManifest } from './sim-hive.ts';

const SEED = 20261121;
const FILE = '/data/cursors/reserved.json';
const MIB = 2 ** 20;
const RESERVE = 16 * MIB;
const WORKER = 'worker-1';
const CTL = '/queen/ctl';
/** A worker that tells one line at its start and at each boot. */
const SPAWN = { spawn: 'heartbeat', ticks: 1000, budget: {} };
/** 60 KiB a record, so that a reserve is soon used. */
const BIG = `${'x'.repeat(61_439)}\n`;

function worldOf(retains = true): SimWorld {
  const manifest = smallManifest();
  const telemetry = { ...defaultManifest().telemetry, cursor: { retain_on_boot: retains } };
  const workers = { ...manifest.workers, heartbeat_interval_ms: 3_600_000 };
  return new SimWorld(1, { ...manifest, telemetry, workers, policy: { ...manifest.policy, enabled: false } }, '/data');
}

async function started(world: SimWorld, disk: MemoryDisk): Promise<SimHive> {
  const hive = await world.start(disk);
  if (!hive.ok) throw new Error(hive.refusal.detail);
  const booted = await hive.value.boot();
  if (!booted.ok) throw new Error(booted.refusal.detail);
  return hive.value;
}

/** Spawns a worker; the bytes it has told. */
async function spawned(world: SimWorld, hive: SimHive, worker: string = WORKER): Promise<number> {
  expect(await world.until(hive.write('queen', CTL, SPAWN))).toBe('ok');
  await world.pass(10);
  return endOf(hive, worker);
}

const tell = (hive: SimHive, line: string, worker: string = WORKER): Promise<string> =>
  hive.write('queen', `/worker/${worker}/telemetry`, line);
const endOf = (hive: SimHive, worker: string = WORKER): number => hive.streams.telemetryOf(worker).end;
const baseOf = (hive: SimHive): number => hive.streams.telemetryOf(WORKER).base;
const readFrom = (hive: SimHive, cursor: number): string => {
  const target = new Uint8Array(200_000);
  const count = new RingReader(hive.streams.telemetryOf(WORKER)).read(cursor, target, 0, target.length);
  return Buffer.from(target.subarray(0, count)).toString();
};

describe('after a crash', () => {
  test('a ring goes on above all cursors it gave out, and a reader is told what is known and what is not', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    expect(await tell(first, 'before')).toBe('ok');
    first.kill();
    const second = await started(world, disk.crash({ kind: 'none' }));
    expect(baseOf(second)).toBe(RESERVE);
    expect(await tell(second, 'after')).toBe('ok');
    const all = readFrom(second, RESERVE);
    expect(all).toMatch(/^\{"tick":.*\}\nafter\n$/);
    expect(readFrom(second, 0)).toBe(`~ lost bytes=0 next=${RESERVE} unknown=${RESERVE}\n${all}`);
    expect(readFrom(second, 7)).toBe(`~ lost bytes=0 next=${RESERVE} unknown=${RESERVE - 7}\n${all}`);
    expect(await second.read('/log/queen.log')).toContain(
      `[audit] telemetry cursor stale worker=worker-1 requested=7 rewind_to=${RESERVE} retain_on_boot=yes`,
    );
  });

  test('what was known when room was reserved is told as lost, the rest as unknown', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    let known = 0;
    while (endOf(first) <= RESERVE / 2) {
      // What is written when an append goes beyond the half is the end before it.
      known = endOf(first);
      await tell(first, BIG);
    }
    await world.pass(100);
    expect(await tell(first, 'one more')).toBe('ok');
    first.kill();
    const second = await started(world, disk.crash({ kind: 'none' }));
    const marker = `~ lost bytes=${known - 100} next=${known + RESERVE} unknown=${RESERVE}\n`;
    expect(readFrom(second, 100).slice(0, marker.length)).toBe(marker);
  });

  test('a worker of the new life begins at 0', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    first.kill();
    const second = await started(world, disk.crash({ kind: 'none' }));
    const told = await spawned(world, second, 'worker-2');
    expect([baseOf(second), told]).toEqual([RESERVE, '{"tick":1,"ts_ms":1767225600030}\n'.length]);
    expect(second.streams.telemetryOf('worker-2').base).toBe(0);
  });

  test('without retain_on_boot every start begins at 0, and nothing is written', async () => {
    const world = worldOf(false);
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    expect(await tell(first, 'before')).toBe('ok');
    first.kill();
    const crashed = disk.crash({ kind: 'all' });
    expect(crashed.files('/data/cursors')).toEqual([]);
    expect(baseOf(await started(world, crashed))).toBe(0);
  });

  test('a damaged file makes them go on above all that a hive gives out', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    expect(await tell(first, 'before')).toBe('ok');
    first.kill();
    disk.overwrite(FILE, Buffer.from('{'));
    const second = await started(world, disk);
    expect(baseOf(second)).toBeGreaterThan(2 ** 36);
    expect(await tell(second, 'after')).toBe('ok');
    expect(await second.read('/log/queen.log')).toContain('audit telemetry cursors damaged');
    const end = endOf(second);
    second.kill();
    expect(baseOf(await started(world, disk.crash({ kind: 'none' })))).toBeGreaterThan(end);
  });
});

describe('a stop in order', () => {
  test('leaves nothing in doubt', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    expect(await tell(first, 'before')).toBe('ok');
    const end = endOf(first);
    await first.stop();
    // What a ring retains is kept by the process (`streams.test.ts`); without that, the cursor goes on all the same.
    const second = await started(world, disk.crash({ kind: 'none' }));
    expect(readFrom(second, 0)).toMatch(new RegExp(`^~ lost bytes=${end} next=${end}\n\\{"tick":`));
  });
});

describe('a disk that fails', () => {
  test('stops telemetry only once the reserve is used up, says so once, and it goes on by itself', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const hive = await started(world, disk);
    await spawned(world, hive);
    disk.plan = (_, name, path) => (path.startsWith('/data/cursors') && name === 'writev' ? 'EIO' : 'ok');
    let answer = 'ok';
    while (answer === 'ok') {
      answer = await tell(hive, BIG);
      expect(endOf(hive)).toBeLessThanOrEqual(RESERVE);
    }
    expect(answer).toBe('busy');
    expect(RESERVE - endOf(hive)).toBeLessThan(BIG.length);
    for (let second = 0; second < 3; second++) {
      await world.pass(1100);
      expect(await tell(hive, BIG)).toBe('busy');
    }
    const log = await hive.read('/log/queen.log');
    expect(log.match(/telemetry cursors cannot be reserved/g)).toHaveLength(1);
    disk.plan = () => 'ok';
    await world.pass(1100);
    await tell(hive, BIG);
    await world.pass(100);
    expect(await tell(hive, BIG)).toBe('ok');
    expect(await hive.read('/log/queen.log')).toContain('audit telemetry cursors are reserved again');
  });

  test('keeps no hive from starting, only telemetry from being taken until it does', async () => {
    const world = worldOf();
    const disk = new MemoryDisk();
    const first = await started(world, disk);
    await spawned(world, first);
    const end = endOf(first);
    first.kill();
    const next = disk.crash({ kind: 'all' });
    next.plan = (_, name, path) => (path.startsWith('/data/cursors') && name === 'writev' ? 'ENOSPC' : 'ok');
    const hive = await started(world, next);
    expect([await tell(hive, 'early'), baseOf(hive)]).toEqual(['busy', RESERVE]);
    expect(await hive.read('/log/queen.log')).toContain('telemetry cursors cannot be reserved');
    next.plan = () => 'ok';
    await world.pass(1100);
    await tell(hive, 'early');
    await world.pass(100);
    expect(await tell(hive, 'late')).toBe('ok');
    expect(readFrom(hive, end)).toBe(`~ lost bytes=0 next=${RESERVE} unknown=${RESERVE - end}\nlate\n`);
  });
});

/** A life that writes the file at its start, once more, and at its stop; what it gave out. It ends where its disk does. */
async function lived(world: SimWorld, disk: MemoryDisk): Promise<number> {
  const hive = await world.start(disk);
  if (!hive.ok) return 0;
  if (!(await hive.value.boot()).ok) return 0;
  await world.until(hive.value.write('queen', CTL, SPAWN));
  await world.pass(10);
  let given = 0;
  while (given <= RESERVE / 2 && !disk.isDead && (await tell(hive.value, BIG)) === 'ok') given = endOf(hive.value);
  await world.pass(disk.isDead ? 0 : 100);
  if (!disk.isDead && (await tell(hive.value, 'last')) === 'ok') given = endOf(hive.value);
  if (disk.isDead) hive.value.kill();
  else await hive.value.stop();
  return given;
}

test('cut off at every operation on the file: above what was given out, whatever of the file survives', {
  timeout: 240_000,
}, async () => {
  const isOurs = (path: string): boolean => path.startsWith('/data/cursors');
  const whole = new MemoryDisk();
  await lived(worldOf(), whole);
  const count = whole.paths.filter(isOurs).length;
  expect(count).toBeGreaterThan(20);
  const random = new Random(SEED, 'sweep');
  for (let at = 0; at < count; at++) {
    const world = worldOf();
    const disk = new MemoryDisk();
    let index = 0;
    disk.plan = (_, __, path) => (isOurs(path) && index++ === at ? 'dead' : 'ok');
    const given = await lived(world, disk);
    expect(disk.isDead, `operation ${at}`).toBe(true);
    for (const survival of ['none', 'some', 'kill']) {
      const hive = await started(world, after(disk, survival, random));
      const base = given === 0 ? 0 : baseOf(hive);
      expect(base, `operation ${at}, ${survival}`).toBeGreaterThanOrEqual(given);
      hive.kill();
    }
  }
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('small' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('big' as const), count: fc.integer({ min: 40, max: 150 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spawn' as const), count: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), count: fc.integer({ min: 1, max: 2000 }) }) },
);
const life = fc.record({
  steps: fc.array(step, { maxLength: 8 }),
  end: fc.constantFrom('none', 'some', 'all', 'kill', 'stop'),
});

test('whatever happens and wherever it is cut off, no cursor is given out twice, and what is told lost holds what was', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 4 }), fc.nat(), async (lives, seed) => {
      const world = worldOf();
      const random = new Random(seed, 'outage');
      let disk = new MemoryDisk();
      /** Bytes written of each worker so far, and the end of its last life. */
      const written = new Map<string, { bytes: number; end: number }>();
      for (const { steps, end } of lives) {
        const hive = await started(world, disk);
        for (const [worker, known] of written) expectOn(hive, worker, known);
        for (const { kind, count } of steps) {
          if (kind === 'spawn' || written.size === 0) {
            const name = `worker-${written.size + 1}`;
            const end = await spawned(world, hive, name);
            written.set(name, { bytes: end, end });
          }
          const worker = `worker-${1 + random.below(written.size)}`;
          if (kind === 'pass') await world.pass(count);
          else for (let index = 0; index < count; index++) await told(hive, worker, kind, written);
        }
        if (end === 'stop') await hive.stop();
        else hive.kill();
        disk = after(disk, end, random);
      }
    }),
    { seed: SEED, numRuns: 12 },
  );
});

async function told(
  hive: SimHive,
  worker: string,
  kind: 'small' | 'big' | 'spawn',
  written: Map<string, { bytes: number; end: number }>,
): Promise<void> {
  const line = kind === 'big' ? BIG : 'small\n';
  const before = endOf(hive, worker);
  const known = written.get(worker);
  if (known === undefined || (await tell(hive, line.trimEnd(), worker)) !== 'ok') return;
  known.bytes += line.length;
  known.end = endOf(hive, worker);
  expect(known.end).toBe(before + line.length);
}

/** A worker in a new life: its cursors go on, and a reader that had everything up to any point is not told of less than it missed. */
function expectOn(hive: SimHive, worker: string, known: { bytes: number; end: number }): void {
  const ring = hive.streams.telemetryOf(worker);
  const { bytes, end } = known;
  expect(ring.base, `${worker} goes on above`).toBeGreaterThanOrEqual(end);
  const unknown = ring.unknownBetween(0, ring.base);
  expect(ring.base - unknown, 'no more is told lost than there was').toBeLessThanOrEqual(bytes);
  expect(ring.base, 'and with what is unknown no less').toBeGreaterThanOrEqual(bytes);
  known.bytes += ring.end - ring.base;
  known.end = ring.end;
}

function after(disk: MemoryDisk, end: string, random: Random): MemoryDisk {
  if (end === 'kill') return disk.fork();
  const some: Survival = { kind: 'some', random: () => random.fraction() };
  return disk.crash(end === 'some' ? some : { kind: end === 'all' || end === 'stop' ? 'all' : 'none' });
}
