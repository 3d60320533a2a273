// A disk that fails in passing, under a whole hive in simulated time: full, read-only, out of handles, slow, and one that fails
// a sync. What a client sees, what is in the journal, and when changes are taken again (docs/adr/0008).

import { scanJournal } from '@cohesix/journal';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import { sleep } from '@cohesix/time';
import { expect, test } from 'vitest';
import { expectSurvival } from './hive-after.ts';
import { Life, lived } from './hive-life.ts';
import { PLACES, type SimHive, SimWorld } from './sim-hive.ts';

const CTL = '/queen/ctl';
const SPAWN = { spawn: 'heartbeat', ticks: 900, budget: {} };
/** Longer than the hive waits between two looks at a disk that failed. */
const LOOK_MS = 1500;
const NO_LOSS = { mayLose: false, mayReturn: false };

async function booted(): Promise<{ life: Life; hive: SimHive; disk: MemoryDisk }> {
  const life = new Life(new SimWorld(1), { disk: new MemoryDisk(), submissions: [] });
  if (!(await life.start()) || life.hive === undefined) throw new Error(life.refusal?.detail);
  return { life, hive: life.hive, disk: life.disk };
}

/** Spawns a worker; what its writer is told. */
async function spawn(life: Life): Promise<string> {
  life.write('queen', CTL, { ...SPAWN, ticks: 900 + life.submissions.length });
  await life.answers();
  return life.submissions.at(-1)?.answer ?? 'open';
}

async function lastRecord(disk: MemoryDisk): Promise<string> {
  let last = '';
  await scanJournal(disk, PLACES.journal, (_, body) => {
    last = Buffer.from(body).toString();
    return undefined;
  });
  return last;
}

const PASSING = ['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM'] as const;
/** How many operations fail: the first is the write or the sync, the next those that take the batch back and give space. */
const RUNS = [1, 2, 3, 4, 6];

test.each(PASSING)(
  '%s at a write or a sync: refused, gone, and changes are taken again without a restart',
  async (errno) => {
    for (const name of ['writev', 'datasync'])
      for (const run of RUNS) {
        const { life, disk } = await booted();
        expect(await spawn(life)).toBe('ok');
        let failed = 0;
        disk.plan = (_, operation) => {
          if (failed === 0 ? operation !== name : failed >= run) return 'ok';
          failed += 1;
          return errno;
        };
        const where = `${errno} at ${name}, ${run} operations`;
        expect(await spawn(life), where).toBe('refused');
        expect(await spawn(life), where).toBe('refused');
        await life.world.pass(2 * LOOK_MS);
        expect(await life.hive?.read('/proc/lifecycle/state'), where).toBe('state=ONLINE\n');
        expect(await spawn(life), where).toBe('ok');
        await life.stop();
        expect(await expectSurvival(life, NO_LOSS), where).toBeUndefined();
      }
  },
);

test('a hive that began from a snapshot fails and goes on like any other, and so do its own snapshots', async () => {
  const world = new SimWorld(1);
  // Later than anything on the disk.
  world.wall.jump(3_600_000);
  const life = new Life(world, await lived(224));
  for (let process = 0; process < 3; process++) {
    expect(await life.start()).toBe(true);
    // The newest snapshot is not older than the last boot, which vouches for the state before it.
    expect(await life.hive?.read('/log/queen.log')).not.toContain('audit snapshot ignored');
    expect(Number(/snapshot=(\d+)/.exec(life.hive?.assembly.recovery ?? '')?.[1])).toBeGreaterThan(process * 64);
    let failed = 0;
    life.disk.plan = (_, name) => (name === 'writev' && failed++ === 0 ? 'ENOSPC' : 'ok');
    expect(await spawn(life)).toBe('refused');
    await life.world.pass(LOOK_MS);
    for (let count = 0; count < 70; count++) expect(await spawn(life)).toBe('ok');
    await life.stop();
  }
  expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
});

test.each(['EIO', 'EINTR'] as const)(
  '%s at a sync: sealed until a restart, whatever the disk says later',
  async (errno) => {
    const { life, hive, disk } = await booted();
    disk.plan = (_, name) => (name === 'datasync' ? errno : 'ok');
    expect(await spawn(life)).toBe('refused');
    disk.plan = () => 'ok';
    await life.world.pass(10 * LOOK_MS);
    expect(await spawn(life)).toBe('refused');
    expect(await hive.read('/proc/lifecycle/state')).toBe('state=DEGRADED\n');
    expect(await hive.read('/proc/journal')).toMatch(new RegExp(`^state=sealed .*${errno}`));
    await life.stop();
    expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
  },
);

test('a disk that fills up: every change is refused, reads go on, the journal says why; with space all goes on', async () => {
  const { life, hive, disk } = await booted();
  disk.capacity = disk.used + 10_000;
  while ((await spawn(life)) === 'ok');
  const acknowledged = life.submissions.filter(({ answer }) => answer === 'ok').length;
  expect(acknowledged).toBeGreaterThan(3);
  expect(await hive.read('/proc/lifecycle/state')).toBe('state=DEGRADED\n');
  expect(await hive.read('/proc/journal')).toMatch(/^state=sealed .*ENOSPC/);
  await life.world.pass(LOOK_MS);
  expect(await lastRecord(disk), 'from the reserve').toMatch(
    /"path":"\/sys\/journal\/ctl","lines":\["{\\"sealed\\":.*ENOSPC/,
  );
  for (let look = 0; look < 20; look++) {
    await life.world.pass(LOOK_MS);
    expect(await spawn(life)).toBe('refused');
  }
  expect(await hive.read('/proc/workers')).toMatch(new RegExp(`^workers total=${acknowledged} `));
  disk.capacity += 1_000_000;
  await life.world.pass(LOOK_MS);
  expect(await hive.read('/proc/lifecycle/state')).toBe('state=ONLINE\n');
  expect(await spawn(life)).toBe('ok');
  await life.stop();
  expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
});

test('a disk that is full when a hive starts: a start that is refused loses nothing, one that is not says that it is sealed', async () => {
  const { life, disk } = await booted();
  expect(await spawn(life)).toBe('ok');
  await life.stop();
  disk.capacity = disk.used - 4096;
  expect(await life.start()).toBe(false);
  expect(life.refusal).toMatchObject({ code: 'audit-unavailable', detail: expect.stringContaining('ENOSPC') });
  disk.capacity = undefined;
  expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
});

test('a file system that becomes read-only under a hive, and writable again', async () => {
  const { life, hive, disk } = await booted();
  expect(await spawn(life)).toBe('ok');
  disk.isReadOnly = true;
  expect(await spawn(life)).toBe('refused');
  await life.world.pass(5 * LOOK_MS);
  expect(await hive.read('/proc/journal')).toMatch(/^state=sealed .*EROFS/);
  expect(await hive.read('/proc/workers')).toMatch(/^workers total=1 /);
  disk.isReadOnly = false;
  await life.world.pass(LOOK_MS);
  expect(await spawn(life)).toBe('ok');
  expect(await hive.read('/proc/lifecycle/journal')).toMatch(/^seals=1 .*EROFS/);
  await life.stop();
  expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
});

test('a disk that stalls for 5 s: the writer waits and is told ok, readers do not wait, nothing is sealed', async () => {
  const { life, hive, disk } = await booted();
  const { world } = life;
  const from = disk.log.length;
  disk.stall = (index) => (index === from + 1 ? sleep(world.scope, 5000) : undefined);
  life.write('queen', CTL, SPAWN);
  await world.pass(4900);
  expect(life.submissions[0]?.answer).toBe('open');
  expect(await hive.read('/proc/workers'), 'nobody sees what is not durable').toMatch(/^workers total=0 /);
  expect(await hive.read('/proc/lifecycle/state')).toBe('state=ONLINE\n');
  await world.pass(200);
  expect(life.submissions[0]?.answer).toBe('ok');
  await life.stop();
  expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
});
