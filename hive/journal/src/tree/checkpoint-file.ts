// The last signed checkpoint of a journal, in `checkpoint` beside its segments. It says how many records there were and
// what their tree was, so a start can tell when acknowledged records are missing or are not what they were.

import { join } from 'node:path';
import type { Result } from '@cohesix/wire';
import { attempt, type Disk } from '../disk.ts';
import { replaceWhole } from '../whole-file.ts';

/** File name of the signed checkpoint. */
export const CHECKPOINT_NAME = 'checkpoint';
/** File name of the newest checkpoint that witnesses cosigned, beside it and in a pack. */
export const COSIGNED_NAME = 'cosigned';
/** File name of the verifier key of the log, beside the checkpoint and in a pack. */
export const KEY_NAME = 'key';
/** A checkpoint with the most signatures a note may have. */
const CHECKPOINT_SIZE_MAX = 65_536;

/** The bytes of the stored checkpoint; undefined when there is none. Refuses with `audit-unavailable`. */
export function readCheckpoint(disk: Disk, directory: string): Promise<Result<Uint8Array | undefined>> {
  return readNote(disk, join(directory, CHECKPOINT_NAME));
}

/** The bytes of the stored cosigned checkpoint, likewise. */
export function readCosigned(disk: Disk, directory: string): Promise<Result<Uint8Array | undefined>> {
  return readNote(disk, join(directory, COSIGNED_NAME));
}

function readNote(disk: Disk, path: string): Promise<Result<Uint8Array | undefined>> {
  return attempt(`cannot read ${path}`, async () => {
    if ((await disk.lstat(path)) === undefined) return undefined;
    const file = await disk.open(path, 'read');
    try {
      const bytes = new Uint8Array(CHECKPOINT_SIZE_MAX);
      return bytes.slice(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  });
}

/** Puts a checkpoint in place of the last one, durably; a crash leaves the one or the other. */
export function writeCheckpoint(disk: Disk, directory: string, note: Uint8Array): Promise<Result<void>> {
  return replaceFile(disk, directory, { name: CHECKPOINT_NAME, bytes: note });
}

/** Puts a cosigned checkpoint in place of the last one, likewise. */
export function writeCosigned(disk: Disk, directory: string, note: Uint8Array): Promise<Result<void>> {
  return replaceFile(disk, directory, { name: COSIGNED_NAME, bytes: note });
}

/** Puts the verifier key text beside the checkpoint. */
export function writeKey(disk: Disk, directory: string, key: string): Promise<Result<void>> {
  return replaceFile(disk, directory, { name: KEY_NAME, bytes: Buffer.from(`${key}\n`) });
}

/** Puts a file in place of the one of that name, durably; a crash leaves the one or the other. */
export function replaceFile(
  disk: Disk,
  directory: string,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
): Promise<Result<void>> {
  const path = join(directory, name);
  return attempt(`cannot write ${path}`, () => replaceWhole(disk, path, [bytes]));
}
