// Files of a stopped hive that were cut, moved, swapped, restored or removed: what a start notices, what it makes again, and
// what only a checkpoint kept elsewhere can show (fault lists, F4).

import { verifyLog } from '@cohesix/journal';
import type { MemoryDisk } from '@cohesix/journal/memory-disk';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { describe, expect, test } from 'vitest';
import { expectSurvival } from './hive-after.ts';
import { Life, type Lived, lived, liveFirst } from './hive-life.ts';
import { PLACES, SimWorld, smallManifest } from './sim-hive.ts';

const { journal, snapshots } = PLACES;
const NO_LOSS = { mayLose: false, mayReturn: false };

/** A life that went well, on two segments, with a snapshot and a full tile; its disk may be changed. */
async function stopped(world: SimWorld = new SimWorld(1)): Promise<Life> {
  const before: Lived = await lived(224);
  world.wall.jump(3_600_000);
  const life = new Life(world, before);
  await liveFirst(life, () => 'ok');
  return life;
}

const segmentsOf = (disk: MemoryDisk): readonly string[] =>
  disk.names(journal).flatMap((name) => (name.endsWith('.seg') ? [`${journal}/${name}`] : []));

/** Puts the files of `from` below a directory in place of those of `to`. */
function restore(to: MemoryDisk, from: MemoryDisk, directory: string, which: RegExp): void {
  for (const path of to.files(directory)) if (which.test(path)) to.remove(path);
  for (const path of from.files(directory)) if (which.test(path)) to.put(path, from.contents(path));
}

async function refusal(life: Life): Promise<string> {
  const started = await life.world.start(life.disk);
  return started.ok ? 'starts' : `${started.refusal.code}: ${started.refusal.detail}`;
}

describe('a start refuses', () => {
  const CUTS: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['its head cut off', (bytes) => bytes.subarray(1000)],
    ['a piece cut out of its middle', (bytes) => Buffer.concat([bytes.subarray(0, 5000), bytes.subarray(6000)])],
    ['its tail cut off', (bytes) => bytes.subarray(0, bytes.length - 100)],
    [
      'a piece copied from elsewhere over its middle',
      (bytes) => Buffer.concat([bytes.subarray(0, 5000), bytes.subarray(64, 1064), bytes.subarray(6000)]),
    ],
    ['zeros in place of its last page', (bytes) => Buffer.concat([bytes.subarray(0, -4096), Buffer.alloc(4096)])],
    ['nothing in it', () => Buffer.alloc(0)],
  ];
  test.each(CUTS)('a segment with %s', async (_, cut) => {
    for (const which of [0, -1]) {
      const life = await stopped();
      const { disk } = life;
      // With a snapshot a start looks only at what comes after it (docs/adr/0008).
      for (const snapshot of disk.files(snapshots)) disk.remove(snapshot);
      const path = segmentsOf(disk).at(which) ?? '';
      disk.overwrite(path, cut(disk.contents(path)));
      expect(await refusal(life)).toMatch(/^audit-unavailable: .*(tampering|signed)/);
    }
  });

  test('a last segment with its tail cut off, also when there are snapshots', async () => {
    const life = await stopped();
    const path = segmentsOf(life.disk).at(-1) ?? '';
    life.disk.overwrite(path, life.disk.contents(path).subarray(0, -100));
    expect(await refusal(life)).toMatch(/^audit-unavailable: tampering: \d+ records were signed and only \d+ are here/);
  });

  test('a segment that is missing, or renamed to the number of another', async () => {
    for (const change of [
      (disk: MemoryDisk, path: string) => disk.remove(path),
      (disk: MemoryDisk, path: string) => {
        disk.put(`${journal}/0000000000000999.seg`, disk.contents(path));
        disk.remove(path);
      },
    ])
      for (const which of [0, -1]) {
        const life = await stopped();
        change(life.disk, segmentsOf(life.disk).at(which) ?? '');
        expect(await refusal(life)).toMatch(/^audit-unavailable: tampering/);
      }
  });

  test('the segments of yesterday under the checkpoint of today', async () => {
    const yesterday = await lived(224);
    const life = await stopped();
    restore(life.disk, yesterday.disk, journal, /\.seg$/);
    expect(await refusal(life)).toMatch(/^audit-unavailable: tampering: \d+ records were signed and only \d+ are here/);
    for (const path of life.disk.files(snapshots)) life.disk.remove(path);
    expect(await refusal(life)).toMatch(/records were signed and only/);
  });

  test('the segments of another hive, and its checkpoint', async () => {
    const manifest = smallManifest();
    const world = new SimWorld(2, { ...manifest, hive: { ...manifest.hive, audience: 'other' } });
    const foreign = new Life(world, { disk: (await lived(0)).disk, submissions: [] });
    await liveFirst(foreign, () => 'ok');
    for (const which of [/\.seg$/, /checkpoint$/]) {
      const life = await stopped();
      restore(life.disk, foreign.disk, journal, which);
      expect(await refusal(life)).toMatch(/^audit-unavailable: /);
    }
  });
});

describe('a start makes again', () => {
  test.each([
    ['the snapshots', /^\/data\/snapshots\//],
    ['the tiles', /\/tile\//],
    ['the key', /\/key$/],
    ['the reserve', /\/reserve$/],
    ['the claims of earlier owners', /\/owner\.lock\//],
  ])('%s, when they are removed', async (_, which) => {
    const life = await stopped();
    restore(life.disk, (await lived(0)).disk, '/data', which);
    expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
  });

  test('the right state under snapshots of yesterday and of another hive', async () => {
    const life = await stopped();
    restore(life.disk, (await lived(224)).disk, snapshots, /./);
    expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
    const [path = ''] = life.disk.files(snapshots);
    life.disk.put(`${snapshots}/0000000000000230.snap`, life.disk.contents(path));
    expect(await expectSurvival(life, NO_LOSS)).toBeUndefined();
  });
});

describe('only a checkpoint kept elsewhere shows', () => {
  const verify = async ({ disk, checkpoint }: Life): Promise<string> => {
    const trust = { verify: nodeTicketCrypto.ed25519Verify, older: Buffer.from(checkpoint ?? '') };
    const report = await verifyLog(disk, journal, trust);
    return report.ok ? report.value.findings.map(({ what }) => what).join('; ') : report.refusal.detail;
  };

  test('that journal and checkpoint were both restored from yesterday', async () => {
    const life = await stopped();
    expect(await verify(life)).toBe('');
    restore(life.disk, (await lived(224)).disk, '/data', /./);
    expect(await refusal(life)).toBe('starts');
    expect(await verify(life)).not.toBe('');
  });

  test('that the journal was removed: the hive begins a new history', async () => {
    const life = await stopped();
    restore(life.disk, (await lived(0)).disk, journal, /./);
    expect(await refusal(life)).toBe('starts');
    expect(await verify(life)).not.toBe('');
  });
});
