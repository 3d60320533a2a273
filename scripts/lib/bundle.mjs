// Bundles the command line: apps/coh/src/main.ts → dist/coh.mjs and lazily loaded dist/chunks/*.mjs.
//
// dist/.stamp.json lists every input with its size, time and hash. While sizes and times are the same nothing is
// read; when only times differ the hashes decide. Outputs are renamed into place, chunks before the entry, and chunks
// of earlier builds stay for a while, because a hive that runs may still load one.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './paths.mjs';

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
 * Builds the bundle when an input changed since the last build.
 * @returns {Promise<boolean>} whether it had to build
 * @throws {Error} when esbuild refuses; its messages are on stderr by then
 */
export async function ensureBuilt() {
  if (isCurrent()) return false;
  await build();
  return true;
}

/** Builds the bundle, always. Needs the installed packages. */
export async function build() {
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
  writeStamp(Object.keys(result.metafile.inputs).filter((path) => !path.startsWith('node_modules/')));
}

function rank(path) {
  return path === bundleFile ? 1 : 0;
}

function writeAtomically(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
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

function writeStamp(inputs) {
  const files = [...inputs.map((path) => join(root, path)), ...settings];
  const rows = files.map((path) => {
    const { size, mtimeMs } = statSync(path);
    return [relative(root, path), size, mtimeMs, hashOf(path)];
  });
  writeAtomically(stampFile, `${JSON.stringify({ files: rows })}\n`);
}

function isCurrent() {
  if (!existsSync(bundleFile) || !existsSync(join(dist, 'coh')) || !existsSync(stampFile)) return false;
  const { files } = JSON.parse(readFileSync(stampFile, 'utf8'));
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
