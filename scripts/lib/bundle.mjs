// Bundles the command line: apps/coh/src/main.ts → dist/coh.mjs and lazily loaded dist/chunks/*.mjs; and has the page built that
// it serves (page.mjs).
//
// dist/.stamp.json lists every input (stamp.mjs). Outputs are renamed into place, chunks before the entry, and chunks of earlier
// builds stay for a while, because a hive that runs may still load one.

import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage, ensurePageBuilt } from './page.mjs';
import { root } from './paths.mjs';
import { isStampCurrent, stampOf, writeAtomically } from './stamp.mjs';

const entry = join(root, 'apps', 'coh', 'src', 'main.ts');
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp.json');
const CHUNK_KEPT_MS = 30 * 24 * 3600 * 1000;

/** The bundle that `coh` runs. */
export const bundleFile = join(dist, 'coh.mjs');

/** `ws` is CommonJS and asks for Node's modules with `require`, which an ES module does not have. */
const COMMONJS = `import { createRequire as nodeRequire__ } from 'node:module'; const require = nodeRequire__(import.meta.url);`;

/** Files that change the bundle without being part of it. */
const settings = [import.meta.filename ?? join(root, 'scripts/lib/bundle.mjs'), join(root, 'package-lock.json')];

/**
 * Builds the bundle and the page, each when an input changed since its last build.
 * @returns {Promise<boolean>} whether it had to build
 * @throws {Error} when esbuild or Vite refuses; its messages are on stderr by then
 */
export async function ensureBuilt() {
  const isStale = !isCurrent();
  if (isStale) await buildBundle();
  return (await ensurePageBuilt()) || isStale;
}

/** Builds the bundle and the page, always. Needs the installed packages. */
export async function build() {
  await buildBundle();
  await buildPage();
}

async function buildBundle() {
  const esbuild = await import('esbuild');
  const result = await esbuild.build({
    entryPoints: { coh: entry },
    absWorkingDir: root,
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: COMMONJS },
    sourcemap: 'linked',
    legalComments: 'linked',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const entryLast = [...result.outputFiles].sort((a, b) => rank(a.path) - rank(b.path));
  for (const file of entryLast) writeAtomically(file.path, file.contents);
  writeLauncher();
  forgetOldChunks(new Set(result.outputFiles.map((file) => file.path)));
  // What comes from node_modules changes with the lock only, which is among the settings.
  const inputs = Object.keys(result.metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
  writeAtomically(stampFile, stampOf([...inputs.map((path) => join(root, path)), ...settings]));
}

function rank(path) {
  return path === bundleFile ? 1 : 0;
}

/** dist/coh is the launcher of the root with the paths of its new place. */
function writeLauncher() {
  const launcher = readFileSync(join(root, 'coh'), 'utf8');
  const moved = launcher
    .replaceAll('$here/dist/', '$here/')
    .replaceAll('$here/node_modules/', '$here/../node_modules/');
  writeAtomically(join(dist, 'coh'), moved);
  chmodSync(join(dist, 'coh'), 0o755);
}

function forgetOldChunks(current) {
  const folder = join(dist, 'chunks');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!current.has(path) && Date.now() - statSync(path).mtimeMs > CHUNK_KEPT_MS) rmSync(path);
  }
}

function isCurrent() {
  return existsSync(bundleFile) && existsSync(join(dist, 'coh')) && isStampCurrent(stampFile);
}
