// Brings node_modules into step with package-lock.json, once, on whatever Node and npm the machine has.
//
// A stamp in node_modules names the lock, the platform and the Node binary it was made for. Same stamp: done in a few
// ms. No stamp but npm's own record of what it installed agrees with the lock (somebody ran npm by hand): the stamp
// is written. Otherwise `npm ci`.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingOptional } from './lock.mjs';
import { pinnedNode, pinnedVersion, root } from './paths.mjs';

const lockFile = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules', '.cohesix-stamp');

/** What went wrong, in words for the person at the terminal. */
export class SetupError extends Error {}

/**
 * Makes the installed packages those of the lock, and the pinned Node runnable.
 * @throws {SetupError} with what to do, when that is not possible
 */
export function ensureInstalled() {
  const lockText = readFileSync(lockFile, 'utf8');
  if (readOrEmpty(stampFile) === stampOf(lockText)) return;
  const lock = JSON.parse(lockText);
  if (!agreesWithLock(lock) || versionOf(pinnedNode) !== pinnedVersion()) install(lock);
  const found = versionOf(pinnedNode);
  if (found !== pinnedVersion()) throw new SetupError(wrongNode(found));
  writeFileSync(stampFile, stampOf(lockText));
}

/**
 * Runs the action; a SetupError ends the program with its message and status 1, without a stack.
 * @param {() => void | Promise<void>} action
 */
export async function orExplain(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

function stampOf(lockText) {
  const node = existsSync(pinnedNode) ? statSync(pinnedNode) : undefined;
  const lockHash = createHash('sha256').update(lockText).digest('hex');
  return `${lockHash} ${process.platform}-${process.arch} node=${node?.size}@${node?.mtimeMs}\n`;
}

/** Whether npm's record of node_modules (its hidden lockfile) is the lock, less what this platform does not need. */
function agreesWithLock(lock) {
  const hidden = readOrEmpty(join(root, 'node_modules', '.package-lock.json'));
  if (hidden === '') return false;
  const installed = JSON.parse(hidden).packages;
  return Object.entries(lock.packages).every(([at, wanted]) => {
    const found = installed[at];
    if (at === '') return true;
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function install(lock) {
  console.error('Installing packages with npm ci (first run, or package-lock.json changed) …');
  rmSync(stampFile, { force: true });
  const { command, args, shell } = npm();
  const flags = ['ci', '--no-audit', '--no-fund', '--include=dev', '--ignore-scripts=false', '--loglevel=error'];
  const started = Date.now();
  const result = spawnSync(command, [...args, ...flags], { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (result.error) throw new SetupError(`npm cannot be started (${result.error.message}). Install npm 10 or newer.`);
  if (result.status !== 0) throw new SetupError(npmFailed(result.status, lock));
  console.error(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}

/** The npm that runs us (`npm start`), else the one in PATH. */
function npm() {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('.js') && existsSync(cli)) return { command: process.execPath, args: [cli], shell: false };
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

function npmFailed(status, lock) {
  const missing = Object.keys(missingOptional(lock)).length;
  const hint =
    missing > 0
      ? `package-lock.json lacks ${missing} optional packages; run: node scripts/lock.mjs`
      : 'It needs the npm registry: check the network, then run the same command again.';
  return `npm ci failed (exit status ${status}); its own words are above. ${hint}`;
}

function versionOf(node) {
  if (!existsSync(node)) return undefined;
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim().replace(/^v/, '') : undefined;
}

function wrongNode(found) {
  return [
    `This project runs on Node ${pinnedVersion()} from the npm package "node", but node_modules/node/bin/node`,
    found === undefined ? 'cannot be run.' : `is ${found}.`,
    `The install script of that package must be allowed to run. Remove node_modules and try again;`,
    `if npm says that scripts are blocked, run: npm install-scripts approve node esbuild`,
  ].join('\n');
}

function readOrEmpty(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
