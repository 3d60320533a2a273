// The machine: Node, the clock, the disk.

import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Places } from '../places.ts';
import { errorText } from '../token.ts';
import { bad, type Finding, good, warn } from './finding.ts';

/** The major version this release is tested with. */
const NODE_MAJOR = 24;

const MIB: number = 1 << 20;
/** Below this the journal may soon seal itself. */
const FREE_BYTES_LEAST: number = 64 * MIB;
const FREE_BYTES_FEW: number = 1024 * MIB;

/** A release of this program cannot run before it was made. */
const EPOCH_MS: number = Date.UTC(2025, 0, 1);
const EPOCH_END_MS: number = Date.UTC(2100, 0, 1);

/** Node's version. */
export function nodeFinding(version: string = process.versions.node): Finding {
  const major = Number(version.split('.')[0]);
  if (major === NODE_MAJOR) return good('node', `Node ${version}`);
  const advice = `use Node ${NODE_MAJOR}: npm start and ./coh bring their own`;
  return major > NODE_MAJOR
    ? warn('node', `Node ${version}`, advice)
    : bad('node', `Node ${version} is too old`, advice);
}

/** Whether the clock can be right: tickets expire by it. A file of the hive from the future says that it went back. */
export function clockFinding(places: Places | undefined, nowMs: number = Date.now()): Finding {
  const now = new Date(nowMs).toISOString();
  if (nowMs < EPOCH_MS || nowMs > EPOCH_END_MS)
    return bad('clock', `it is ${now}`, 'set the clock; tickets expire by it');
  const newest = places === undefined ? undefined : newestMs([places.addresses, places.queenTicket, places.manifest]);
  if (newest === undefined || newest <= nowMs + 60_000) return good('clock', now);
  const then = new Date(newest).toISOString();
  return warn('clock', `it is ${now}, but files of the hive are from ${then}`, 'the clock went back; set it');
}

function newestMs(files: readonly string[]): number | undefined {
  const times = files.flatMap(changedMs);
  return times.length === 0 ? undefined : Math.max(...times);
}

function changedMs(file: string): readonly number[] {
  try {
    return [statSync(file).mtimeMs];
  } catch {
    return []; // Not there yet, or closed to us: the checks of the directory tell.
  }
}

/** Room on the disk of the data directory, or of its nearest parent that exists. */
export async function diskFinding(places: Places): Promise<Finding> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(existingFolder(places.root));
    const free = bavail * bsize;
    const text = `${Math.floor(free / MIB)} MiB free`;
    if (files > 0 && ffree === 0) return bad('disk', 'no inodes are left', 'remove files from the disk');
    if (free < FREE_BYTES_LEAST) return bad('disk', text, 'make room: without it the hive refuses every change');
    return free < FREE_BYTES_FEW ? warn('disk', text, 'make room before the journal needs it') : good('disk', text);
  } catch (error) {
    return warn('disk', `cannot look: ${errorText(error)}`, `check the disk of ${places.root}`);
  }
}

function existingFolder(path: string): string {
  const parent = dirname(path);
  return statSync(path, { throwIfNoEntry: false }) !== undefined || parent === path ? path : existingFolder(parent);
}
