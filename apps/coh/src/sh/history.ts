// The lines typed into `coh sh`, kept in the data directory with mode 0600. Lines that hold a ticket are never kept,
// neither in the file nor in memory.

import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { mayKeep } from '@cohesix/client';
import { writePrivate } from './private-file.ts';

/** Lines that are kept. */
export const HISTORY_LINES_MAX = 1000;

/** The kept lines, newest first, as readline wants them; none when the file is not there or not readable. */
export function loadHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(mayKeep);
    return lines.slice(-HISTORY_LINES_MAX).reverse();
  } catch {
    return []; // A first session, or a directory of somebody else.
  }
}

/** Writes the lines, newest first, oldest first into the file. Whether it could; a history is not worth an error. */
export function saveHistory(file: string, lines: readonly string[]): boolean {
  if (!existsSync(dirname(file))) return false;
  const kept = lines.filter(mayKeep).slice(0, HISTORY_LINES_MAX).reverse();
  try {
    writePrivate(file, kept.map((line) => `${line}\n`).join(''));
    return true;
  } catch {
    return false;
  }
}
