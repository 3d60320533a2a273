// The copy of the stored settings under a power cut, a kill or a failing operation at every operation: what a process finds
// afterwards is what was, or what was to be, whole. `COHESIX_CRASH_POINTS` says how many random points, `COHESIX_SEED` which.

import { SettingsStore, type StoredSettings } from '@cohesix/journal';
import { type Fate, MemoryDisk, type Survival } from '@cohesix/journal/memory-disk';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';

const POINTS = Number(process.env.COHESIX_CRASH_POINTS ?? 200);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const PATH = '/settings.pages';
const FATES: readonly Fate[] = [
  'dead',
  { deadAfter: 1 },
  { deadAfter: 512 },
  { deadAfter: 5000 },
  'EIO',
  'short',
  'lost',
];
type Outage = ((random: () => number) => Survival) | undefined;
const OUTAGES: readonly Outage[] = [
  undefined,
  () => ({ kind: 'all' }),
  () => ({ kind: 'none' }),
  (random) => ({ kind: 'some', random, sectorBytes: 512 }),
  (random) => ({ kind: 'some', random, sectorBytes: 4096 }),
  (random) => ({ kind: 'some', random }),
];

/** Settings of a revision, of different sizes, so that pages differ in how many sectors they have. */
function settings(revision: number): StoredSettings {
  return {
    hive: 'aa11',
    fingerprint: 'f1',
    revision,
    values: { site: `${revision}-`.repeat((revision * 397) % 1500) },
  };
}

/** What was answered and what was asked for. */
interface Told {
  stored: number;
  asked: number;
}

async function live(disk: MemoryDisk, told: Told, writes: number): Promise<void> {
  const store = await SettingsStore.open(disk, PATH);
  if (!store.ok) return;
  for (let count = 0; count < writes && !disk.isDead; count++) {
    told.asked += 1;
    if ((await store.value.write(settings(told.asked))).ok) told.stored = told.asked;
  }
  if (!disk.isDead) await store.value.close();
}

async function problemOf(disk: MemoryDisk, told: Told): Promise<string | undefined> {
  const store = await SettingsStore.open(disk, PATH);
  if (!store.ok) return `cannot be opened: ${store.refusal.detail}`;
  const { current } = store.value;
  const revision = current?.revision ?? 0;
  if (revision < told.stored || revision > told.asked)
    return `found ${revision}, stored ${told.stored} of ${told.asked}`;
  if (current !== undefined && JSON.stringify(current) !== JSON.stringify(settings(revision)))
    return `revision ${revision} is not whole`;
  return undefined;
}

function after(disk: MemoryDisk, outage: Outage, random: Random): MemoryDisk {
  return outage === undefined ? disk.fork() : disk.crash(outage(() => random.below(1_000_000) / 1_000_000));
}

const calm = new MemoryDisk();
await live(calm, { stored: 0, asked: 0 }, 5);

test(`each of ${calm.log.length} operations, ${FATES.length} fates, ${OUTAGES.length} outages`, async () => {
  expect(calm.log.filter((name) => name === 'datasync').length).toBe(6);
  const broken: string[] = [];
  for (let at = 0; at < calm.log.length; at++)
    for (const fate of FATES)
      for (const [index, outage] of OUTAGES.entries()) {
        const told = { stored: 0, asked: 0 };
        const disk = new MemoryDisk();
        disk.plan = (operation) => (operation === at ? fate : 'ok');
        await live(disk, told, 5);
        const random = new Random(at * 100 + index, 'outage');
        const next = after(disk, outage, random);
        const first = await problemOf(next, told);
        await live(next, told, 2);
        const then = await problemOf(next.crash({ kind: 'none' }), told);
        const problems = [first, then].filter((problem) => problem !== undefined);
        if (problems.length > 0)
          broken.push(`at ${at} ${JSON.stringify(fate)} outage ${index}: ${problems.join('; ')}`);
      }
  expect(broken.slice(0, 10)).toEqual([]);
});

test(`${POINTS} lives of several blows, seed ${SEED}`, { timeout: 0 }, async () => {
  const broken: string[] = [];
  for (let point = 0; point < POINTS; point++) {
    const random = new Random(SEED + point, 'settings');
    const told = { stored: 0, asked: 0 };
    let disk = new MemoryDisk();
    for (let blow = random.between(1, 4); blow > 0; blow--) {
      const at = disk.log.length + random.below(25);
      const fate = FATES[random.below(FATES.length)] ?? 'dead';
      disk.plan = (operation) => (operation === at ? fate : 'ok');
      await live(disk, told, random.between(1, 6));
      disk = after(disk, OUTAGES[random.below(OUTAGES.length)], random);
      const problem = await problemOf(disk, told);
      if (problem !== undefined) broken.push(`point ${point}: ${problem}`);
    }
  }
  expect(broken.slice(0, 10)).toEqual([]);
});
