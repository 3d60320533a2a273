// The build of the page for tests: made when a source of the page or of the client is newer than it, and put in its place in one step,
// so that a hive that starts meanwhile reads the old one or the new one.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../support/tool.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APP = join(ROOT, 'apps', 'swarmui');
/** What `coh up` serves from a checkout. */
export const PAGE_FOLDER: string = join(APP, 'dist');
const BUILD_MS = 120_000;

/** What the page is made of. */
const SOURCES = [
  'apps/swarmui/src',
  'apps/swarmui/public',
  'apps/swarmui/index.html',
  'apps/swarmui/vite.config.ts',
  'apps/swarmui/vite-from-disk.ts',
  'base/bytes/src',
  'hive/client/src',
  'hive/wire/src',
  'base/tlog/src',
  'package-lock.json',
];

let built: Promise<void> | undefined;

/** Builds the page unless it is there and newer than its sources; once in a process. @throws Error with what the build said. */
export function ensurePage(): Promise<void> {
  built ??= isFresh() ? Promise.resolve() : build();
  return built;
}

function isFresh(): boolean {
  const index = statSync(join(PAGE_FOLDER, 'index.html'), { throwIfNoEntry: false });
  return index !== undefined && SOURCES.every((path) => newest(join(ROOT, path)) <= index.mtimeMs);
}

/** Latest change of a file, or of what is in a folder; ms. */
function newest(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return files.reduce((most, name) => Math.max(most, statSync(join(path, name)).mtimeMs), found.mtimeMs);
}

async function build(): Promise<void> {
  const made = `${PAGE_FOLDER}.${process.pid}`;
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const run = await runTool(process.execPath, [vite, 'build', APP, '--outDir', made, '--emptyOutDir'], BUILD_MS);
  if (run.status !== 0) throw new Error(`the page does not build:\n${run.stdout}\n${run.stderr}`);
  swap(made);
}

/** Another process may do the same at this moment; then its build is as good as this one. */
function swap(made: string): void {
  const old = `${made}.old`;
  try {
    if (existsSync(PAGE_FOLDER)) renameSync(PAGE_FOLDER, old);
    renameSync(made, PAGE_FOLDER);
  } catch (error) {
    if (!existsSync(join(PAGE_FOLDER, 'index.html'))) throw error;
  } finally {
    for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true });
  }
}
