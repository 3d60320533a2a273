// What the store asks of a disk: a part of `Disk` of hive/journal, so that disk (and its test twin in memory) fits as it is.
// Operations reject with an Error whose `code` is an errno name; the rejections stop in this folder.

import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';

/** An open regular file. Positions are byte offsets from the start; no implicit cursor. */
export interface StoreFile {
  /** Reads at most `target.length` bytes; answers how many, 0 at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** May write fewer bytes than asked and answers how many. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<number>;
  datasync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** A file system. `rename` replaces its target atomically; names are durable after `syncDirectory`. */
export interface StoreDisk {
  /** `create` fails if the name exists; nothing follows a symbolic link. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<StoreFile>;
  /** Memory that costs less than any other to write from and read into, in whole pages at page offsets. Other threads can share it. */
  memory?(bytes: number): Uint8Array;
  lstat(path: string): Promise<{ readonly kind: string; readonly size: number } | undefined>;
  readdir(path: string): Promise<readonly string[]>;
  /** With missing parents; true when it made one. */
  mkdir(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

/** Buffer of everything that reads through a file, bytes. */
export const READ_BYTES: number = 1024 * 1024;

/**
 * Runs disk operations. What the disk rejects with becomes a refusal with `doing` before it: `buffer-full` when it has no room,
 * `internal` otherwise. Anything else is a defect of this program and thrown on.
 */
export async function onDisk<T>(doing: string, run: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await run());
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    return refuse(isFull ? 'buffer-full' : 'internal', `${doing}: ${(error as Error).message}`);
  }
}

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^E(?!RR_)[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** Writes all of `bytes`, going on after short writes. */
export async function writeAllOf(file: StoreFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const count = await file.writev([bytes.subarray(done)], position + done);
    if (count <= 0) throw Object.assign(new Error('EIO: a write wrote nothing'), { code: 'EIO' });
    done += count;
  }
}

/** Calls `take` with the first `size` bytes of a file, piece by piece, each borrowed for the call; answers how many there were. */
export async function readThrough(
  file: StoreFile,
  size: number,
  take: (piece: Uint8Array) => unknown,
): Promise<number> {
  const buffer = new Uint8Array(Math.min(READ_BYTES, Math.max(1, size)));
  let at = 0;
  while (at < size) {
    const count = await file.read(buffer.subarray(0, Math.min(buffer.length, size - at)), at);
    if (count === 0) break;
    take(buffer.subarray(0, count));
    at += count;
  }
  return at;
}

/** Runs `use` with an open file and closes it. */
export async function withFile<T>(file: StoreFile, use: (file: StoreFile) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** All of a small file; undefined when there is none or it has more than `sizeMax` bytes. */
export async function readSmall(disk: StoreDisk, path: string, sizeMax: number): Promise<Uint8Array | undefined> {
  const stat = await disk.lstat(path);
  if (stat?.kind !== 'file' || stat.size > sizeMax) return undefined;
  const bytes = new Uint8Array(stat.size);
  const file = await disk.open(path, 'read');
  let at = 0;
  await withFile(file, () =>
    readThrough(file, bytes.length, (piece) => {
      bytes.set(piece, at);
      at += piece.length;
    }),
  );
  return bytes.subarray(0, at);
}

/** Puts a file in place of the one at `directory/name`, durably: a crash leaves the one or the other, and at most a `.tmp`. */
export async function replaceSmall(disk: StoreDisk, directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${directory}/${name}.tmp`;
  await unlinkIfThere(disk, temporary);
  const file = await disk.open(temporary, 'create');
  await withFile(file, async () => {
    await writeAllOf(file, bytes, 0);
    await file.datasync();
  });
  await disk.rename(temporary, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}

/** Removes a file; false when there was none. */
export async function unlinkIfThere(disk: StoreDisk, path: string): Promise<boolean> {
  if ((await disk.lstat(path)) === undefined) return false;
  await disk.unlink(path);
  return true;
}

/** Makes a directory whose name survives a power cut. */
export async function makeDirectory(disk: StoreDisk, parent: string, name: string): Promise<string> {
  const path = `${parent}/${name}`;
  if (await disk.mkdir(path)) await disk.syncDirectory(parent);
  return path;
}
