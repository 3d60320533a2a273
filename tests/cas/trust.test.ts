// Trusted metadata on a disk: a power cut at every operation of an update leaves files that the next update can begin with, and never
// lets an older version count again.

import {
  DEFAULT_TUF_LIMITS,
  metaOf,
  type RoleSigners,
  refresh,
  rootPart,
  signMetadata,
  snapshotPart,
  type TufFetch,
  targetsPart,
  timestampPart,
  trustFiles,
} from '@cohesix/cas';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import { expect, test } from 'vitest';
import { crypto, keyPair, must } from './kit.ts';

const NOW = 1_800_000_000_000;
const KEY = keyPair(0x31);
const NEXT = keyPair(0x32);
const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** A repository of version `version`, its roots included; with version 2 the snapshot has a new key. */
function repository(version: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const edition = (number: number) => ({ version: number, expiresMs: NOW + 1000 });
  for (let root = 1; root <= version; root++) {
    const only = (key: typeof KEY): RoleSigners => ({ publicKeys: [key.publicKey], threshold: 1 });
    const roles = {
      root: only(KEY),
      timestamp: only(KEY),
      targets: only(KEY),
      snapshot: only(root === 1 ? KEY : NEXT),
    };
    files.set(`${root}.root.json`, signMetadata(crypto, rootPart(crypto, edition(root), roles), [KEY]));
  }
  const targets = signMetadata(crypto, targetsPart(edition(version), new Map()), [KEY]);
  const snapshotKey = version === 1 ? KEY : NEXT;
  const snapshot = signMetadata(crypto, snapshotPart(edition(version), metaOf(crypto, version, targets)), [
    snapshotKey,
  ]);
  const timestamp = signMetadata(crypto, timestampPart(edition(version), metaOf(crypto, version, snapshot)), [KEY]);
  files.set(`${version}.targets.json`, targets);
  files.set(`${version}.snapshot.json`, snapshot);
  return files.set('timestamp.json', timestamp);
}

const [one, two] = [repository(1), repository(2)];
const fetchFrom =
  (files: ReadonlyMap<string, Uint8Array>): TufFetch =>
  async ({ name }) => ({ ok: true, value: files.get(name) });
const context = { crypto, limits: DEFAULT_TUF_LIMITS, nowMs: NOW };

function update(disk: MemoryDisk, files: ReadonlyMap<string, Uint8Array>): ReturnType<typeof refresh> {
  return refresh(context, { fetch: fetchFrom(files), keeper: trustFiles(disk, '/hive', 'trust') });
}

async function fresh(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.mkdir('/hive');
  const keeper = trustFiles(disk, '/hive', 'trust');
  must(await keeper.load());
  must(await keeper.apply({ kind: 'keep', role: 'root', bytes: one.get('1.root.json')! }));
  must(await update(disk, one));
  return disk;
}

const versionsOn = (disk: MemoryDisk): number[] =>
  ROLES.map((role) => JSON.parse(disk.contents(`/hive/trust/${role}.json`).toString()).signed.version);

test('kept and loaded again', async () => {
  const disk = await fresh();
  expect(versionsOn(disk)).toEqual([1, 1, 1, 1]);
  must(await update(disk.crash({ kind: 'none' }), two));
});

test('power cut at every operation of an update', async () => {
  const start = await fresh();
  for (let at = 0; ; at++) {
    const disk = start.fork();
    disk.plan = (index) => (index === at ? 'dead' : 'ok');
    const done = await update(disk, two);
    for (const kind of ['all', 'none'] as const) {
      const after = disk.crash({ kind });
      must(await update(after, two));
      expect(versionsOn(after)).toEqual([2, 2, 2, 2]);
      // Who shows old files now is refused: the old snapshot is by a key that counts no more.
      const old = new Map([...one].filter(([name]) => !name.endsWith('root.json')));
      expect((await update(after, old)).ok).toBe(false);
    }
    if (done.ok && disk.log.length <= at) break;
  }
});
