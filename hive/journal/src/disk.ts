// What the journal and the directory lock ask of a disk: a dozen operations, each of which a test can make fail.
//
// Every operation rejects with an Error whose `code` is an errno name, as node:fs does. The rejections stop at the
// public functions of this package, which answer with a refusal. Nothing here retries: after a failed write or
// sync the state of the file is unknown, and only the journal can say what that means.

import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';

/** What a directory entry is. `other` is a FIFO, socket or device: never opened. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

/** What `lstat` tells. */
export interface EntryStat {
  readonly kind: EntryKind;
  /** Bytes. */
  readonly size: number;
}

/** How a file is opened: `create` makes it and fails if the name exists; no mode follows a symbolic link. */
export type OpenMode = 'read' | 'write' | 'create';

/** An open regular file. Positions are byte offsets from the start; no implicit cursor. */
export interface DiskFile {
  /** Reads at most `target.length` bytes; answers how many, 0 at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes the chunks one after the other; may write fewer bytes than asked and answers how many. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<number>;
  /** Makes contents and size durable. */
  datasync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** A file system. `rename` replaces its target atomically; `link` fails with EEXIST when its target exists. */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Memory that costs less than any other to write from and read into, in whole pages at page offsets. Other threads can share it. */
  memory?(bytes: number): Uint8Array;
  /** Does not follow symbolic links; undefined when there is no such entry. */
  lstat(path: string): Promise<EntryStat | undefined>;
  /** At most `count` bytes from `position`, at once; undefined when they cannot be read. For small pieces on demand. */
  readSync(path: string, position: number, count: number): Uint8Array | undefined;
  /** Names in no particular order. */
  readdir(path: string): Promise<readonly string[]>;
  /** Makes the directory and missing parents, mode 0700; true when it made one. */
  mkdir(path: string): Promise<boolean>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

/** The errno name of a failed operation, or '' for an error of another kind. */
export function errnoNameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** One phrase for a person: `ENOSPC: no space left on device, write`. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes all chunks at `position`, going on after short writes; rejects with EIO when nothing goes in. */
export async function writeAll(file: DiskFile, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let rest = chunks;
  let at = position;
  for (;;) {
    const size = rest.reduce((sum, chunk) => sum + chunk.length, 0);
    if (size === 0) return;
    const written = await file.writev(rest, at);
    if (written === size) return;
    if (written <= 0) throw Object.assign(new Error('EIO: a write wrote nothing'), { code: 'EIO' });
    at += written;
    rest = dropFront(rest, written);
  }
}

function dropFront(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = count;
  for (const chunk of chunks) {
    if (skip < chunk.length) rest.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return rest;
}

/** True for what a disk rejects with: an errno, as opposed to a defect in this program. */
export function isDiskError(error: unknown): boolean {
  return /^E(?!RR_)[A-Z0-9]+$/.test(errnoNameOf(error));
}

/** Runs disk operations; a disk error becomes `audit-unavailable` with `doing` before it, anything else is thrown on. */
export async function attempt<T>(doing: string, run: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await run());
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return refuse('audit-unavailable', `${doing}: ${describeError(error)}`);
  }
}
