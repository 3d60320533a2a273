// Stamps of what was built: every input with its size, time and hash. While sizes and times are the same nothing is read; when only
// times differ the hashes decide.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './paths.mjs';

/**
 * Writes a file so that nobody sees half of it.
 * @param {string} path
 * @param {string | Uint8Array} contents
 */
export function writeAtomically(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/**
 * The text of a stamp: what these files are now. Made before the build where its inputs are known by then.
 * @param {readonly string[]} inputs absolute paths
 */
export function stampOf(inputs) {
  const rows = inputs.map((path) => {
    const { size, mtimeMs } = statSync(path);
    return [relative(root, path), size, mtimeMs, hashOf(path)];
  });
  return `${JSON.stringify({ files: rows })}\n`;
}

/**
 * Whether a stamp is there and its inputs are what they were.
 * @param {string} stampFile
 * @param {readonly string[]} [inputs] all there are now, when the build itself cannot tell what it read
 */
export function isStampCurrent(stampFile, inputs) {
  if (!existsSync(stampFile)) return false;
  /** @type {{files: [string, number, number, string][]}} */
  const { files } = JSON.parse(readFileSync(stampFile, 'utf8'));
  if (inputs !== undefined) {
    const known = new Set(files.map(([path]) => path));
    if (known.size !== inputs.length || !inputs.every((path) => known.has(relative(root, path)))) return false;
  }
  return files.every(([path, size, mtimeMs, hash]) => isSame(join(root, path), { size, mtimeMs, hash }));
}

function isSame(path, known) {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now === undefined || now.size !== known.size) return false;
  return now.mtimeMs === known.mtimeMs || hashOf(path) === known.hash;
}

function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
