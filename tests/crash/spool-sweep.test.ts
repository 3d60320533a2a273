// The spool under power cuts, kills and failing operations at every operation of a life, then under several blows one after the other.
// `COHESIX_CRASH_POINTS` says how many random points (`npm run soak`: 10,000), `COHESIX_SEED` which.

import { type Fate, MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { live, problemsOf, Told } from './spool-life.ts';

const POINTS = Number(process.env.COHESIX_CRASH_POINTS ?? 200);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const LIFE = 7;

const FATES: readonly Fate[] = [
  'dead',
  { deadAfter: 1 },
  { deadAfter: 512 },
  { deadAfter: 700 },
  'EIO',
  'short',
  'lost',
];
/** What the next process finds; undefined: the page cache, after a kill. */
type Outage = ((random: () => number) => Survival) | undefined;
const OUTAGES: readonly Outage[] = [
  undefined,
  () => ({ kind: 'all' }),
  () => ({ kind: 'none' }),
  (random) => ({ kind: 'some', random, sectorBytes: 512 }),
  (random) => ({ kind: 'some', random }),
];

function after(disk: MemoryDisk, outage: Outage, random: Random): MemoryDisk {
  return outage === undefined ? disk.fork() : disk.crash(outage(() => random.below(1_000_000) / 1_000_000));
}

function planAt(at: number, fate: Fate): Plan {
  return (index, name) => (index === at && (fate !== 'lost' || name === 'datasync') ? fate : 'ok');
}

async function operations(): Promise<readonly string[]> {
  const disk = new MemoryDisk();
  await live(disk, new Told(), new Random(LIFE, 'life'));
  return disk.log;
}

const log = await operations();

test('the life of the sweep makes a spool, goes round its ring, acknowledges and opens it again', () => {
  const count = (name: string): number => log.filter((each) => each === name).length;
  expect(count('open')).toBeGreaterThan(2);
  expect(count('datasync')).toBeGreaterThan(10);
  expect(count('rename')).toBe(1);
});

test(`each of ${log.length} operations, ${FATES.length} fates, ${OUTAGES.length} outages`, { timeout: 0 }, async () => {
  const broken: string[] = [];
  for (let at = 0; at < log.length; at++)
    for (const [fateIndex, fate] of FATES.entries())
      for (const [outageIndex, outage] of OUTAGES.entries()) {
        const told = new Told();
        const disk = new MemoryDisk();
        disk.plan = planAt(at, fate);
        await live(disk, told, new Random(LIFE, 'life'));
        const random = new Random(at * 100 + fateIndex * 10 + outageIndex, 'outage');
        const next = after(disk, outage, random);
        const problems = [...(await problemsOf(next, told))];
        await live(next, told, random);
        problems.push(...(await problemsOf(next.crash({ kind: 'none' }), told)));
        if (problems.length > 0)
          broken.push(`at ${at} ${JSON.stringify(fate)} outage ${outageIndex}: ${problems.join('; ')}`);
      }
  expect(broken.slice(0, 10)).toEqual([]);
});

test(`${POINTS} lives of several blows, seed ${SEED}`, { timeout: 0 }, async () => {
  const broken: string[] = [];
  for (let point = 0; point < POINTS; point++) {
    const random = new Random(SEED + point, 'spool');
    const told = new Told(random.chance(1, 4) ? 4096 : 512);
    let disk = new MemoryDisk();
    const problems: string[] = [];
    for (let blow = random.between(1, 4); blow > 0; blow--) {
      const at = disk.log.length + random.below(60);
      disk.plan = planAt(at, random.pick(FATES));
      await live(disk, told, random);
      disk = after(disk, OUTAGES[random.below(OUTAGES.length)], random);
      // Looking at it is an opening too; sometimes the next life is the first to look.
      if (random.chance(1, 2)) problems.push(...(await problemsOf(disk, told)));
    }
    problems.push(...(await problemsOf(disk, told)));
    if (problems.length > 0) broken.push(`point ${point}: ${problems.join('; ')}`);
  }
  expect(broken.slice(0, 10)).toEqual([]);
});
