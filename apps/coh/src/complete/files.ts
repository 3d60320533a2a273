// Completion of files of this machine, for options and operands that name one.

import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from '../io.ts';

/** Files and folders that begin with `prefix`, written as it is; folders end in a slash, hidden ones only when asked for. */
export function completeFile(io: Io, prefix: string): readonly string[] {
  const cut = prefix.lastIndexOf('/') + 1;
  const [folder, start] = [prefix.slice(0, cut), prefix.slice(cut)];
  const place = resolve(io.cwd, withHome(io, folder) || '.');
  return namesIn(place)
    .filter((name) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((name) => `${folder}${name}${isFolder(resolve(place, name)) ? '/' : ''}`)
    .sort();
}

/** A word as the shell would give it to a command: `~/` is the home directory. */
export function withHome(io: Io, word: string): string {
  return word.replace(/^~(?=\/)/, io.env.HOME ?? '~');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Not there, or closed to us: nothing to offer.
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // A link to nowhere or to itself, or closed to us: still a name.
  }
}
