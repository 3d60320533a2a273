// Old segments, compressed and put somewhere else: still part of the history, read like the others, only slower.
//
// `archive` beside the segments names the directories, one absolute path a line; whoever moves an archive changes that file.
// An archived segment is `<16 digits>.seg.zst` (RFC 8878), made under `.tmp`, read back and compared before the original goes.

import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { attempt, type Disk, type DiskFile } from './disk.ts';
import { segmentsAmong } from './names.ts';
import { readWhole, replaceWhole } from './whole-file.ts';

/** Names the directories of the archive. */
const POINTER = 'archive';
const SUFFIX = '.zst';
const POINTER_SIZE_MAX = 65_536;
/** A segment that claims to be longer is not unpacked: the manifest allows 1 GiB, and a record may pass the end. */
const SEGMENT_SIZE_MAX = 1_073_741_824 + 16_777_216;

const compress = promisify(zlib.zstdCompress);
const decompress = promisify(zlib.zstdDecompress);
const UNPACK = { maxOutputLength: SEGMENT_SIZE_MAX };

/** Archived segments of a journal: number of the first record → path. Empty when nothing was archived. */
export async function archivedSegments(disk: Disk, directory: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const folder of await archiveFolders(disk, directory)) {
    if ((await disk.lstat(folder))?.kind !== 'directory') continue;
    const names = (await disk.readdir(folder)).filter((name) => name.endsWith(`.seg${SUFFIX}`));
    for (const first of segmentsAmong(names.map((name) => name.slice(0, -SUFFIX.length))))
      found.set(first, join(folder, `${String(first).padStart(16, '0')}.seg${SUFFIX}`));
  }
  return found;
}

/** The directories that `archive` beside the segments names. */
async function archiveFolders(disk: Disk, directory: string): Promise<readonly string[]> {
  const path = join(directory, POINTER);
  if ((await disk.lstat(path))?.kind !== 'file') return [];
  const bytes = disk.readSync(path, 0, POINTER_SIZE_MAX);
  return Buffer.from(bytes ?? [])
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/**
 * Puts a copy of the segment at `path` into `folder` and answers its path; the original stays. Refuses with
 * `audit-unavailable`, and then nothing is lost.
 */
export async function archiveSegment(
  disk: Disk,
  { directory, path, folder }: { readonly directory: string; readonly path: string; readonly folder: string },
): Promise<Result<string>> {
  const target = join(folder, `${basename(path)}${SUFFIX}`);
  const copied = await attempt(`cannot archive ${path}`, async () => {
    await name(disk, directory, folder);
    const segment = await readWhole(disk, path, SEGMENT_SIZE_MAX);
    if (segment === undefined) return false;
    await replaceWhole(disk, target, [await compress(segment)]);
    return (await unpacked(disk, target)).equals(segment);
  });
  if (!copied.ok) return copied;
  return copied.value
    ? ok(target)
    : refuse('audit-unavailable', `${target} is not what was written; is the disk good?`);
}

/** An archived segment as a file that can be read only. Rejects with EIO when it does not unpack. */
export async function openArchived(
  disk: Disk,
  path: string,
): Promise<{ readonly file: DiskFile; readonly size: number }> {
  const bytes = await unpacked(disk, path);
  const readOnly = (): never => {
    throw Object.assign(new Error('EROFS: an archived segment'), { code: 'EROFS' });
  };
  const file: DiskFile = {
    read: async (target, position) => bytes.copy(target, 0, position),
    writev: async () => readOnly(),
    datasync: async () => readOnly(),
    truncate: async () => readOnly(),
    close: async () => undefined,
  };
  return { file, size: bytes.length };
}

/** The bytes of an archived segment, at once; undefined when it cannot be read. */
export function unpackSync(disk: Disk, path: string): Uint8Array | undefined {
  const packed = disk.readSync(path, 0, SEGMENT_SIZE_MAX);
  if (packed === undefined) return undefined;
  try {
    return zlib.zstdDecompressSync(packed, UNPACK);
  } catch {
    return undefined;
  }
}

async function unpacked(disk: Disk, path: string): Promise<Buffer> {
  const packed = await readWhole(disk, path, SEGMENT_SIZE_MAX);
  return decompress(packed ?? Buffer.alloc(0), UNPACK).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(`EIO: ${path} does not unpack: ${why}`), { code: 'EIO' });
  });
}

/** Names `folder` in the pointer file, if it is not there yet. */
async function name(disk: Disk, directory: string, folder: string): Promise<void> {
  const folders = await archiveFolders(disk, directory);
  if (folders.includes(folder)) return;
  await disk.mkdir(folder);
  const text = [...folders, folder].map((line) => `${line}\n`).join('');
  await replaceWhole(disk, join(directory, POINTER), [Buffer.from(text)]);
}
