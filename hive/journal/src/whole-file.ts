// Files that are read or replaced whole. What these reject with is what the disk rejected with.

import { dirname } from 'node:path';
import { type Disk, writeAll } from './disk.ts';

/** All bytes of a file; undefined when there is none, it is no regular file, or has more than `sizeMax` bytes. */
export async function readWhole(disk: Disk, path: string, sizeMax: number): Promise<Buffer | undefined> {
  const stat = await disk.lstat(path);
  if (stat?.kind !== 'file' || stat.size > sizeMax) return undefined;
  const bytes = Buffer.allocUnsafeSlow(stat.size);
  const file = await disk.open(path, 'read');
  try {
    let done = 0;
    for (let count = -1; count !== 0 && done < bytes.length; done += count)
      count = await file.read(bytes.subarray(done), done);
    return bytes.subarray(0, done);
  } finally {
    await file.close();
  }
}

/** Puts a file in place of the one at `path`, durably: a crash leaves the one or the other, and at most a `.tmp`. */
export async function replaceWhole(disk: Disk, path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.tmp`;
  if ((await disk.lstat(temporary)) !== undefined) await disk.unlink(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await writeAll(file, chunks, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(dirname(path));
}
