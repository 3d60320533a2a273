// Completion of files of this machine, for options and operands that name one.

import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from '../io.ts';

/** Files and folders that begin with `prefix`, written as it is; folders end in a slash, hidden ones only when asked for. */
export function completeFile(io: Io, prefix: string): readonly string[] {
  const cut = prefix.lastIndexOf('/') + 1;
  const [folder, start] = [prefix.slice(0, cut), prefix.slice(cut)];
  const place = resolve(io.cwd, folder.replace(/^~(?=\/)/, io.env.HOME ?? '~') || '.');
  return namesIn(place)
    .filter((name) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((name) => `${folder}${name}${isFolder(resolve(place, name)) ? '/' : ''}`)
    .sort();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Not there, or closed to us: nothing to offer.
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
