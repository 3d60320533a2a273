// A block device as a file of a fixed size. The disk of `nodeDisk` opens regular files only, on purpose; a device is opened here, and
// only here, when somebody named it in the manifest. Linux: O_EXCL on a block device refuses one that is mounted or in use.

import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { DiskFile } from '../disk.ts';

/** An open device. */
export interface Device {
  readonly file: DiskFile;
  /** Bytes. */
  readonly size: number;
}

/** Opens a block device. Rejects as the disk does: ENOTBLK for anything else, EBUSY for one in use. */
export async function openDevice(path: string): Promise<Device> {
  const handle = await fs.open(path, constants.O_RDWR | constants.O_EXCL | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isBlockDevice())
      throw Object.assign(new Error(`ENOTBLK: no block device, open '${path}'`), { code: 'ENOTBLK' });
    return { file: fileOf(handle), size: await deviceBytes(handle, stat.rdev) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function fileOf(handle: fs.FileHandle): DiskFile {
  return {
    read: async (target, position) => (await handle.read(target, 0, target.length, position)).bytesRead,
    writev: async (chunks, position) => (await handle.writev([...chunks], position)).bytesWritten,
    datasync: () => handle.datasync(),
    truncate: () => Promise.reject(Object.assign(new Error('EINVAL: a device has its size'), { code: 'EINVAL' })),
    close: () => handle.close(),
  };
}

/** Sectors in /sys are of 512 bytes, whatever the device's own are. */
const SYS_SECTOR_BYTES = 512;

/** What the kernel says; where /sys is not mounted, the end is looked for by reading. */
async function deviceBytes(handle: fs.FileHandle, rdev: number): Promise<number> {
  try {
    const sectors = await fs.readFile(`/sys/dev/block/${majorOf(rdev)}:${minorOf(rdev)}/size`, 'utf8');
    return Number(sectors.trim()) * SYS_SECTOR_BYTES;
  } catch {
    return endByReading(handle);
  }
}

/** Linux, sysmacros(3): 12 bits of major number, 20 of minor in the first 32 bits. */
function majorOf(rdev: number): number {
  return (rdev >>> 8) & 0xfff;
}

function minorOf(rdev: number): number {
  return (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
}

/** Most bytes that a device may have to be measured: 2^50. */
const DEVICE_BYTES_MAX = 2 ** 50;

async function endByReading(handle: fs.FileHandle): Promise<number> {
  const byte = Buffer.alloc(1);
  let low = 0;
  let high = DEVICE_BYTES_MAX;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { bytesRead } = await handle.read(byte, 0, 1, middle);
    if (bytesRead === 1) low = middle + 1;
    else high = middle;
  }
  return low;
}
