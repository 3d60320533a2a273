// Stored settings and the spool in a whole hive, whose power goes at any operation of its disk. What was answered is there at the next
// start; and when the journal is lost as well, the copy gives back settings that once held. `COHESIX_CRASH_POINTS` says how many
// operations are struck (200: every one of a few hundred in turn), `COHESIX_SEED` where to begin.

import { MemoryDisk, type Survival } from '@cohesix/journal/memory-disk';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { PLACES, type SimHive, SimWorld, smallManifest } from './sim-hive.ts';

/** Operations that are struck: a start of a hive takes a while. */
const POINTS = Math.ceil(Number(process.env.COHESIX_CRASH_POINTS ?? 200) / 4);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const SITES = ['lab', 'roof', 'cellar'];
const LATER_MS = 3_600_000;

interface Told {
  /** Of `SITES`: how many were set, and how many somebody tried to set. */
  set: number;
  tried: number;
  /** Records that were answered, and up to which they were acknowledged. */
  records: number;
  acked: number;
}

const SURVIVALS: readonly ((random: Random) => Survival)[] = [
  () => ({ kind: 'all' }),
  () => ({ kind: 'none' }),
  (random) => ({ kind: 'some', random: () => random.below(1_000_000) / 1_000_000, sectorBytes: 512 }),
];

function world(): SimWorld {
  const manifest = smallManifest();
  const spool = { ...manifest.spool, enable: true, bytes: 65_536, sector_bytes: 512, record_bytes_max: 600 };
  return new SimWorld(1, { ...manifest, spool }, '/data');
}

/** Starts a hive on a disk; undefined when its disk dies first. */
async function started(sim: SimWorld, disk: MemoryDisk): Promise<SimHive | undefined> {
  const hive = await sim.start(disk);
  if (!hive.ok) return undefined;
  return (await hive.value.boot()).ok ? hive.value : undefined;
}

async function live(sim: SimWorld, disk: MemoryDisk, told: Told): Promise<void> {
  const hive = await started(sim, disk).catch(() => undefined);
  if (hive === undefined) return;
  for (const site of SITES) {
    told.tried += 1;
    if ((await answer(sim, hive.write('queen', '/settings/ctl', { set: { site } }))) === 'ok') told.set = told.tried;
    for (const size of [1, 500]) {
      const done = await answer(sim, hive.write('queen', '/proc/spool/append', `${site}-${'x'.repeat(size)}`));
      if (done === 'ok') told.records += 1;
    }
    const ack = told.records - 1;
    if (ack > told.acked && (await answer(sim, hive.write('queen', '/proc/spool/ack', String(ack)))) === 'ok')
      told.acked = ack;
    if (disk.isDead) break;
  }
  if (disk.isDead) return hive.kill();
  await hive.stop();
}

/** What was answered; a hive whose disk is gone may answer never. */
async function answer(sim: SimWorld, asked: Promise<string>): Promise<string> {
  return sim.until(asked).catch(() => 'no answer');
}

async function problemsOf(sim: SimWorld, disk: MemoryDisk, told: Told): Promise<readonly string[]> {
  const hive = await started(sim, disk);
  if (hive === undefined) return ['does not start'];
  const problems: string[] = [];
  const { revision, values } = JSON.parse(await hive.read('/settings/all')) as {
    revision: number;
    values: { site?: string };
  };
  if (revision < told.set || revision > told.tried)
    problems.push(`revision ${revision}, set ${told.set} of ${told.tried}`);
  if (values.site !== SITES[revision - 1]) problems.push(`revision ${revision} says ${values.site}`);
  const status = await hive.read('/proc/spool/status');
  const [, next = '0', acked = '0', dropped = '0'] =
    /next_seq=(\d+) ack_cursor=(\d+) refused=0 dropped=(\d+)/.exec(status) ?? [];
  if (Number(next) - 1 < told.records) problems.push(`${told.records} records were answered: ${status}`);
  if (Number(acked) < told.acked || dropped !== '0') problems.push(`acknowledged up to ${told.acked}: ${status}`);
  const waiting = (await hive.read('/proc/spool/read')).match(/^seq=/gm)?.length ?? 0;
  if (waiting !== Number(next) - 1 - Number(acked)) problems.push(`${waiting} can be read: ${status}`);
  await hive.stop();
  return problems;
}

/** The journal is gone: what the copy says is what once held, and not older than what was told before the cut. */
async function problemsWithoutJournal(sim: SimWorld, disk: MemoryDisk, revision: number): Promise<readonly string[]> {
  for (const folder of [PLACES.journal, PLACES.snapshots]) for (const path of disk.files(folder)) disk.remove(path);
  const hive = await started(sim, disk);
  if (hive === undefined) return ['does not start without its journal'];
  await sim.pass(1000);
  const found = JSON.parse(await hive.read('/settings/all')) as { revision: number; values: { site?: string } };
  await hive.stop();
  if (found.revision !== revision) return [`the copy gave revision ${found.revision}, the journal had ${revision}`];
  return found.values.site === SITES[revision - 1]
    ? []
    : [`the copy of revision ${revision} says ${found.values.site}`];
}

async function operations(): Promise<number> {
  const disk = new MemoryDisk();
  const told = { set: 0, tried: 0, records: 0, acked: 0 };
  await live(world(), disk, told);
  expect(told).toEqual({ set: 3, tried: 3, records: 6, acked: 5 });
  return disk.log.length;
}

const count = await operations();

test(`a power cut at ${POINTS} of ${count} operations, seed ${SEED}`, { timeout: 0 }, async () => {
  const broken: string[] = [];
  const random = new Random(SEED, 'stores');
  for (let point = 0; point < POINTS; point++) {
    // Each operation once before any is struck again.
    const at = (SEED + point * 7) % count;
    const told = { set: 0, tried: 0, records: 0, acked: 0 };
    const sim = world();
    const disk = new MemoryDisk();
    disk.plan = (index) => (index === at ? 'dead' : 'ok');
    await live(sim, disk, told);
    sim.wall.jump(LATER_MS);
    const next = disk.crash((SURVIVALS[random.below(SURVIVALS.length)] ?? (() => ({ kind: 'all' })))(random));
    const problems = [...(await problemsOf(sim, next, told))];
    const then = next.fork();
    const again = await started(sim, then);
    const { revision } = JSON.parse((await again?.read('/settings/all')) ?? '{"revision":0}') as { revision: number };
    await again?.stop();
    problems.push(...(await problemsWithoutJournal(sim, then, revision)));
    if (problems.length > 0) broken.push(`at ${at}: ${problems.join('; ')}`);
  }
  expect(broken.slice(0, 10)).toEqual([]);
});
