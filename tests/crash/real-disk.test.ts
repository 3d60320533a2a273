// A hive as a process on a real file system that gets full, and on one that the kernel makes read-only under it.

import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import { afterEach, expect, it, type TestContext, vi } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { clientOf, QUIET_MANIFEST, spawnUntilRefused, spawnWorker, textOf, workersOf } from './hive-client.ts';
import { type Mount, mountExt4, mountTmpfs } from './mounts.ts';

const MIB = 1024 * 1024;
const LONG = { timeout: 120_000 };
const WAIT = { timeout: 30_000, interval: 50 };

let hive: TestHive | undefined;
let mount: Mount | undefined;
afterEach(async () => {
  await hive?.stop();
  mount?.remove();
  hive = undefined;
  mount = undefined;
});

/** Skips the test, with the reason, when the file system cannot be had here. */
function mounted(made: Mount | string, context: TestContext): Mount {
  if (typeof made === 'string') return context.skip(made);
  mount = made;
  return made;
}

async function start(data: string): Promise<HiveClient> {
  mkdirSync(data, { recursive: true });
  hive = await startHive({ data, manifest: QUIET_MANIFEST });
  return clientOf(hive);
}

/** Takes all the space there is; the path of what takes it. */
function fill(directory: string): string {
  const path = join(directory, 'ballast');
  const fd = openSync(path, 'w');
  try {
    for (const size of [65_536, 4096, 512]) for (;;) if (!wrote(fd, size)) break;
  } finally {
    closeSync(fd);
  }
  return path;
}

function wrote(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size)) === size;
  } catch {
    return false; // ENOSPC: what it was called for.
  }
}

it(
  'a full disk: every change is refused and reads go on; with space it goes on by itself, with nothing lost',
  LONG,
  async (context) => {
    const { path } = mounted(mountTmpfs(6 * MIB), context);
    const data = join(path, 'hive');
    const client = await start(data);
    expect(await spawnWorker(client)).toBe('ok');
    const ballast = fill(path);
    const before = await workersOf(client);
    const { acked } = await spawnUntilRefused(client, Number.POSITIVE_INFINITY, () => undefined);
    expect(await spawnWorker(client)).toBe('audit-unavailable');
    expect(await textOf(client, '/proc/lifecycle/state')).toBe('state=DEGRADED\n');
    expect(await textOf(client, '/proc/journal')).toMatch(/^state=sealed .*ENOSPC/);
    expect(await workersOf(client)).toBe(before + acked);
    rmSync(ballast);
    await vi.waitFor(async () => expect(await textOf(client, '/proc/lifecycle/state')).toBe('state=ONLINE\n'), WAIT);
    expect(await textOf(client, '/proc/lifecycle/journal')).toMatch(/^seals=\d+ .*ENOSPC/);
    expect(await spawnWorker(client)).toBe('ok');
    expect(await hive?.stop()).toBe(0);
    expect(await workersOf(await start(data))).toBe(before + acked + 1);
  },
);

it('a hive killed on a full disk starts again when there is space', LONG, async (context) => {
  const { path } = mounted(mountTmpfs(6 * MIB), context);
  const data = join(path, 'hive');
  const client = await start(data);
  const ballast = fill(path);
  const before = await workersOf(client);
  const { acked } = await spawnUntilRefused(client, Number.POSITIVE_INFINITY, () => undefined);
  process.kill(hive?.pid ?? 0, 'SIGKILL');
  await hive?.ended;
  rmSync(ballast);
  expect(await workersOf(await start(data))).toBe(before + acked);
});

it(
  'a file system that the kernel makes read-only: changes are refused, reads go on; after a repair nothing is lost',
  LONG,
  async (context) => {
    const disk = mounted(mountExt4(32 * MIB), context);
    const data = join(disk.path, 'hive');
    const client = await start(data);
    const before = await workersOf(client);
    const { acked } = await spawnUntilRefused(client, 40, () => disk.breakDown());
    expect(acked).toBeGreaterThanOrEqual(40);
    expect(await spawnWorker(client)).toBe('audit-unavailable');
    expect(await textOf(client, '/proc/lifecycle/state')).toBe('state=DEGRADED\n');
    expect(await textOf(client, '/proc/journal')).toMatch(/^state=sealed .*(EROFS|EIO)/);
    expect(await workersOf(client)).toBe(before + acked);
    process.kill(hive?.pid ?? 0, 'SIGKILL');
    await hive?.ended;
    disk.repair();
    expect(await workersOf(await start(data))).toBeGreaterThanOrEqual(before + acked);
  },
);
