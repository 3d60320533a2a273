// A crash at every operation that moves old segments into the archive: each segment is beside the hive or in the archive, whole,
// and the next process finishes the move.

import { MemoryDisk, type Survival } from '@cohesix/journal/memory-disk';
import type { Manifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { expectSurvival } from './hive-after.ts';
import { Life } from './hive-life.ts';
import { PLACES, SEGMENT_BYTES, SimWorld, smallManifest } from './sim-hive.ts';

const RETAIN_BYTES = 262_144;

function archiving(): Manifest {
  const manifest = smallManifest();
  return { ...manifest, journal: { ...manifest.journal, retention: 'archive', retain_bytes: RETAIN_BYTES } };
}

/** A hive with more segments than it is to keep, from a time when it kept all. */
async function grown(): Promise<Life> {
  const life = new Life(new SimWorld(1), { disk: new MemoryDisk(), submissions: [] });
  if (!(await life.start())) throw new Error(life.refusal?.detail);
  while (life.disk.used < RETAIN_BYTES + (2 * SEGMENT_BYTES) / 3) {
    const id = `a${life.submissions.length}`;
    const line = 'x'.repeat(4000);
    life.write('queen', '/actions/queue', { id, target: '/queen/lifecycle/ctl', line, decision: 'request', ttl_s: 1 });
    await life.answers();
  }
  await life.stop();
  return life;
}

const base = await grown();

/** The next process of that hive, which archives as it starts. */
function next(): Life {
  const world = new SimWorld(2, archiving());
  world.wall.jump(3_600_000);
  return new Life(world, { disk: base.disk.fork(), submissions: base.submissions });
}

const archived = (disk: MemoryDisk): readonly string[] => disk.files(PLACES.archive);

test('a crash at every operation of a start that archives', { timeout: 120_000 }, async () => {
  const whole = next();
  expect(await whole.start()).toBe(true);
  await whole.stop();
  expect(archived(whole.disk).length).toBeGreaterThan(0);
  const paths = whole.disk.paths.map((path, index) => `${whole.disk.log[index]} ${path}`);
  const last = paths.findLastIndex((operation) => operation.startsWith('unlink /data/journal/0'));
  const first = paths.findIndex((operation) => operation.includes(PLACES.archive));
  expect(last - first).toBeGreaterThan(10);
  const random = new Random(1, 'archive');
  const torn: readonly Survival[] = [
    { kind: 'none' },
    { kind: 'some', random: () => random.fraction() },
    { kind: 'some', random: () => random.fraction(), sectorBytes: 4096 },
  ];
  for (let at = first - 1; at <= last + 2; at++)
    for (const survival of [{ kind: 'all' } as const, torn[at % torn.length] ?? { kind: 'none' }]) {
      const life = next();
      life.disk.plan = (index) => (index === at ? 'dead' : 'ok');
      await life.start();
      life.disk = life.disk.crash(survival);
      expect(await expectSurvival(life, { mayLose: false, mayReturn: false }), `${at} ${paths[at]}`).toBeUndefined();
      expect(archived(life.disk).filter((path) => path.endsWith('.zst')).length).toBe(archived(whole.disk).length);
    }
});

test.each(['ENOSPC', 'EIO'] as const)(
  '%s at every operation of the archive: the segment stays, and the hive goes on',
  { timeout: 120_000 },
  async (errno) => {
    const whole = next();
    expect(await whole.start()).toBe(true);
    await whole.stop();
    const isArchive = (path: string): boolean =>
      path.startsWith(PLACES.archive) || path.startsWith(`${PLACES.journal}/archive`);
    const count = whole.disk.paths.filter(isArchive).length;
    for (let which = 0; which < count; which++) {
      const life = next();
      let seen = 0;
      life.disk.plan = (_, __, path) => (isArchive(path) && seen++ === which ? errno : 'ok');
      await life.start();
      await life.stop();
      life.disk.plan = () => 'ok';
      expect(await expectSurvival(life, { mayLose: false, mayReturn: false }), `${which}`).toBeUndefined();
    }
  },
);
