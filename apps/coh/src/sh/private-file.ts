// Files that only their owner reads, written whole or not at all.

import { accessSync, chmodSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../token.ts';

/** Writes a file with mode 0600: the old content, or all of the new one. @throws what the disk says. */
export function writePrivate(file: string, data: string | Uint8Array): void {
  if (isSpecial(file)) return writeFileSync(file, data);
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, data, { mode: 0o600, flush: true });
    chmodSync(temporary, 0o600);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Why a file could not be written, as far as that can be known before; undefined when nothing speaks against it. */
export function writeProblem(file: string): string | undefined {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) return 'it is a directory';
    accessSync(dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** Whether it is a device or a pipe, which nothing else may take the place of. */
function isSpecial(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile();
}
