// Builds the page: apps/swarmui → apps/swarmui/dist, and from there, with compressed variants beside each file that shrinks, to
// dist/swarmui, which the bundled command line serves.
//
// Vite does not say what it read, so the inputs are all files of the page and of the packages of this checkout it depends on. The
// new folder is put in the place of the old one when it is whole; a hive that runs has the page it started with in its memory.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { SetupError } from './install.mjs';
import { pinnedNode, root } from './paths.mjs';
import { run } from './run.mjs';
import { isStampCurrent, stampOf, writeAtomically } from './stamp.mjs';

const page = join(root, 'apps', 'swarmui');
const built = join(page, 'dist');
const served = join(root, 'dist', 'swarmui');
const stampFile = join(root, 'dist', '.swarmui-stamp.json');
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');

/** Folders of the page that are no part of it. */
const NO_INPUT = new Set(['dist', 'node_modules', 'test']);

/** What is compressed already gains nothing, and below a packet there is nothing to gain. */
const COMPRESSIBLE = /\.(?:css|html|js|json|mjs|svg|txt|wasm|webmanifest)$/;
const COMPRESS_FROM_BYTES = 1024;

/**
 * Builds the page when something of it changed since the last build. Without apps/swarmui there is nothing to do.
 * @returns {Promise<boolean>} whether it had to build
 * @throws {SetupError} when Vite refuses; its messages are on stderr by then
 */
export async function ensurePageBuilt() {
  if (!existsSync(join(page, 'index.html'))) return false;
  const isThere = [built, served].every((folder) => existsSync(join(folder, 'index.html')));
  if (isThere && isStampCurrent(stampFile, inputsOf())) return false;
  await buildPage();
  return true;
}

/** Builds the page, always; nothing when there is none. Needs the installed packages. */
export async function buildPage() {
  if (!existsSync(join(page, 'index.html'))) return;
  const stamp = stampOf(inputsOf());
  // stdout belongs to whoever runs us: `npm start -- --json` prints one line there.
  const { status, signal, error } = await run(pinnedNode, [vite, 'build', '--logLevel', 'warn'], {
    cwd: page,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new SetupError(refused(error?.message ?? signal ?? `exit status ${status}`));
  await putInPlace();
  writeAtomically(stampFile, stamp);
}

function refused(why) {
  return `The page (apps/swarmui) could not be built: vite build: ${why}; its own words are above. Mend it, then: npm run build`;
}

/** Copies the build beside the bundle, compressed, and swaps it in. */
async function putInPlace() {
  const [next, last] = [`${served}.${process.pid}.next`, `${served}.${process.pid}.last`];
  try {
    mkdirSync(join(root, 'dist'), { recursive: true });
    cpSync(built, next, { recursive: true });
    await Promise.all(filesBelow(next, new Set()).map(compress));
    if (existsSync(served)) renameSync(served, last);
    renameSync(next, served);
  } finally {
    for (const folder of [next, last]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes `FILE.br` and `FILE.gz` where they are shorter than the file. */
async function compress(file) {
  const bytes = readFileSync(file);
  if (!COMPRESSIBLE.test(file) || bytes.length < COMPRESS_FROM_BYTES) return;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const br = await promisify(brotliCompress)(bytes, { params });
  const gz = await promisify(gzip)(bytes, { level: 9 });
  for (const [end, shorter] of Object.entries({ br, gz }))
    if (shorter.length < bytes.length) writeFileSync(`${file}.${end}`, shorter);
}

/** All files a build may read, sorted; the lock stands for what npm installed. */
function inputsOf() {
  const packages = workspaceDependencies().flatMap((folder) => [
    join(folder, 'package.json'),
    ...filesBelow(join(folder, 'src'), NO_INPUT),
  ]);
  const settings = [import.meta.filename ?? join(root, 'scripts/lib/page.mjs'), join(root, 'package-lock.json')];
  return [...filesBelow(page, NO_INPUT), ...packages, ...settings].sort();
}

/** Folders of the packages of this checkout that the page needs, directly or through others. */
function workspaceDependencies() {
  const folders = new Map(
    ['base', 'hive'].flatMap((group) =>
      readdirSync(join(root, group)).map((name) => {
        const folder = join(root, group, name);
        return [manifestOf(folder).name, folder];
      }),
    ),
  );
  const needed = new Set();
  const visit = (folder) => {
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
      const found = folders.get(name);
      if (found === undefined || needed.has(found)) continue;
      needed.add(found);
      visit(found);
    }
  };
  visit(page);
  return [...needed];
}

function manifestOf(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * Paths of all files below a folder; nothing when it is not there.
 * @param {string} folder
 * @param {ReadonlySet<string>} without names of folders in it that are left out
 * @returns {string[]}
 */
function filesBelow(folder, without) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return without.has(entry.name) ? [] : filesBelow(path, without);
    return entry.isFile() ? [path] : [];
  });
}
