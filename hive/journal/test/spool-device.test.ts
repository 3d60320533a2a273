// A spool on a block device: on a file that stands for one, and on a loop device where this machine lets us have one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { initSpool, nodeDisk, openSpool, type SpoolPlace } from '../src/index.ts';
import { openDevice } from '../src/spool/device.ts';
import { MemoryDisk } from './memory-disk.ts';
import { append, OWNER, payloads, told } from './spool-kit.ts';

const DEVICE_BYTES = 1_048_576;
const SIZE = { bytes: 0, sector: 4096 } as const;
const LIMITS = { mode: 'overwrite_acked', recordBytesMax: 4000, recordsMax: 100 } as const;

/** A spool is made on what is there, used, and opened again. */
async function use(place: SpoolPlace): Promise<void> {
  const options = { ...place, owner: OWNER, size: SIZE, limits: LIMITS };
  expect(await told(openSpool(options))).toBe('invalid-payload');
  expect(await told(initSpool(place, OWNER, { ...SIZE, isForced: false }))).toBe(DEVICE_BYTES - 8192);
  const spool = await openSpool(options);
  if (!spool.ok) expect.fail(spool.refusal.detail);
  expect(await append(spool.value, 'a', 'b'.repeat(4000), 'c')).toEqual([1, 2, 3]);
  await spool.value.ack(1);
  await spool.value.close();
  expect(await told(initSpool(place, OWNER, { ...SIZE, isForced: false }))).toBe('exists');
  const again = await openSpool(options);
  if (!again.ok) expect.fail(again.refusal.detail);
  expect(await payloads(again.value)).toEqual(['b'.repeat(4000), 'c']);
  await again.value.close();
}

test('what is no regular file is opened as a device, which has its own size and is never made by a start', async () => {
  const disk = new MemoryDisk();
  const made = await disk.open('/image', 'create');
  await made.truncate(DEVICE_BYTES);
  // The disk in memory has no devices: this one is not found by its name, and stands for what was opened.
  const device = new Proxy(disk, {
    get: (target, name) => {
      if (name === 'lstat') return async () => ({ kind: 'other', size: 0 });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const open = async () => ({ file: await disk.open('/image', 'write'), size: DEVICE_BYTES });
  await use({ disk: device, path: '/', openDevice: open });
});

test('a loop device', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-spool-'));
  try {
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, DEVICE_BYTES);
    const path = loopDevice(image);
    if (path === undefined) return context.skip('losetup gives no loop device here');
    try {
      expect((await openDevice(path).then(closed)).size).toBe(DEVICE_BYTES);
      await use({ disk: nodeDisk, path });
    } finally {
      execFileSync('losetup', ['-d', path]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function closed(device: Awaited<ReturnType<typeof openDevice>>): Promise<{ readonly size: number }> {
  await device.file.close();
  return device;
}

function loopDevice(image: string): string | undefined {
  try {
    return execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

test('what is no block device is not opened as one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-spool-'));
  try {
    expect(await openDevice(folder).catch((error: NodeJS.ErrnoException) => error.code)).toMatch(/^E(?:NOTBLK|ISDIR)$/);
    expect(await openDevice('/dev/null').catch((error: NodeJS.ErrnoException) => error.code)).toBe('ENOTBLK');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
