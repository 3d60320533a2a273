// The files of an evidence pack among those that somebody chose: a folder with `checkpoint`, `key` and `tile/…` in it, or in a folder of
// it. What is not a file of a pack is not read.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { PackFiles } from './pack.ts';

/** Most files and bytes of a pack that a tab takes: some 200,000 records. */
const FILES_MAX = 8192;
const BYTES_MAX = 128 * (1 << 20);

/** A file and its path in what was chosen. */
export interface PackedFile {
  readonly path: string;
  readonly file: Pick<File, 'size' | 'arrayBuffer'>;
}

const IN_PACK = /^(?:checkpoint|key|witness[\w./-]*|tile\/[\w./-]+)$/;

/** Whether these files look like a pack. */
export function isPack(files: readonly PackedFile[]): boolean {
  return files.some(({ path }) => /(?:^|\/)checkpoint$/.test(path));
}

/** The files of a pack, without the folder that they were in. */
export async function readPack(chosen: readonly PackedFile[]): Promise<Result<PackFiles>> {
  const checkpoint = chosen.find(({ path }) => /(?:^|\/)checkpoint$/.test(path));
  if (checkpoint === undefined)
    return refuse('not-found', 'This folder holds no file called checkpoint: it is no pack of coh audit export.');
  const folder = checkpoint.path.slice(0, -'checkpoint'.length);
  const packed = chosen.filter(({ path }) => path.startsWith(folder) && IN_PACK.test(path.slice(folder.length)));
  const bytes = packed.reduce((sum, { file }) => sum + file.size, 0);
  if (packed.length > FILES_MAX || bytes > BYTES_MAX)
    return refuse(
      'too-big',
      `A tab takes a pack of at most ${FILES_MAX} files and ${BYTES_MAX >> 20} MiB; use coh audit verify.`,
    );
  const files = new Map<string, Uint8Array>();
  for (const { path, file } of packed) files.set(path.slice(folder.length), new Uint8Array(await file.arrayBuffer()));
  return ok(files);
}
