// Where things are in a checkout. Everything is derived from this file's own place, so the scripts work from any
// folder and through symbolic links.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Programs of the installed packages. */
export const bin = join(root, 'node_modules', '.bin');

/** The pinned Node, installed by the npm package `node`. */
export const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** The version that `pinnedNode` must report, without the `v`; package.json is the one place that says it. */
export function pinnedVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
}
