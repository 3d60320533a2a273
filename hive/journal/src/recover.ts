// Putting a journal in order after a crash, before anything is appended.
//
// A torn tail is kept in a file of its own before it is cut off. The last batch is then written again in place and
// synced: after a failed sync the page cache may show bytes that never reached the disk, and a later sync of
// untouched pages would succeed without writing them. Each step leaves a directory that the next start can recover.

import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { errnoNameOf, writeAll } from './disk.ts';
import { TORN_TEMPORARY, tornName } from './names.ts';
import type { Scan, Segment, TornTail } from './scan.ts';

const COPY_SIZE = 1024 * 1024;

/** A torn tail that was moved aside. */
export interface TornReport extends TornTail {
  /** File name it is kept under; undefined when there were no bytes to keep. */
  readonly keptAs: string | undefined;
}

/** The segment that is appended to next; undefined when there is none yet. */
export interface Recovered {
  readonly segments: readonly Segment[];
  readonly torn: TornReport | undefined;
}

/** Makes what `scan` found valid durable and removes the rest. Rejects as the disk does, with nothing valid lost. */
export async function recover(disk: Disk, directory: string, scan: Scan & { at: number }): Promise<Recovered> {
  await removeIfThere(disk, join(directory, TORN_TEMPORARY));
  const torn = scan.torn === undefined ? undefined : await moveAside(disk, directory, scan.torn, scan.at);
  const segments = scan.segments.filter((segment) => segment.size > 0);
  const last = segments.at(-1);
  if (last !== undefined && last.archive === undefined) await hold(disk, join(directory, last.name), last);
  await disk.syncDirectory(directory);
  return { segments, torn };
}

async function moveAside(disk: Disk, directory: string, torn: TornTail, at: number): Promise<TornReport> {
  const path = join(directory, torn.segment);
  const keptAs = torn.size === 0 ? undefined : tornName(at, await disk.readdir(directory));
  if (keptAs !== undefined) {
    const temporary = join(directory, TORN_TEMPORARY);
    await copyTail(disk, path, { ...torn, to: temporary });
    await disk.rename(temporary, join(directory, keptAs));
    await disk.syncDirectory(directory);
  }
  // A segment without a whole header holds nothing: it goes, and is made anew by the next append.
  if (torn.offset === 0) await disk.unlink(path);
  else await withFile(await disk.open(path, 'write'), (file) => file.truncate(torn.offset));
  return { ...torn, keptAs };
}

interface Tail {
  readonly offset: number;
  readonly size: number;
  readonly to: string;
}

async function copyTail(disk: Disk, from: string, tail: Tail): Promise<void> {
  await withFile(await disk.open(from, 'read'), async (source) => {
    await withFile(await disk.open(tail.to, 'create'), async (target) => {
      await copyBytes(source, target, { from: tail.offset, to: 0, size: tail.size });
      await target.datasync();
    });
  });
}

/** Writes the last batch again, sets the size and syncs both. */
export async function hold(disk: Disk, path: string, segment: Pick<Segment, 'size' | 'base'>): Promise<void> {
  await withFile(await disk.open(path, 'write'), async (file) => {
    await copyBytes(file, file, { from: segment.base, to: segment.base, size: segment.size - segment.base });
    await file.truncate(segment.size);
    await file.datasync();
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

async function copyBytes(source: DiskFile, target: DiskFile, span: Span): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(COPY_SIZE, Math.max(1, span.size)));
  for (let done = 0; done < span.size; ) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, span.size - done));
    const count = await source.read(wanted, span.from + done);
    if (count === 0) throw Object.assign(new Error('EIO: a file became shorter while it was read'), { code: 'EIO' });
    await writeAll(target, [wanted.subarray(0, count)], span.to + done);
    done += count;
  }
}

async function withFile(file: DiskFile, use: (file: DiskFile) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (errnoNameOf(error) !== 'ENOENT') throw error;
  }
}
