// Starting programs: the environment they get, and how their end becomes ours.

import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { isatty } from 'node:tty';
import { bin, pinnedNode, root } from './paths.mjs';

/**
 * The environment of everything we start: the installed programs first in PATH, and no NODE_EXTRA_CA_CERTS, which
 * makes every Node read a certificate bundle at start (140 ms measured) and which nothing here needs.
 * @param {Record<string, string>} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnv(extra = {}) {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  return { ...env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}

/**
 * Runs a program to its end with our own input and output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<{status: number | null, signal: NodeJS.Signals | null, error?: Error}>} never rejects
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: childEnv(), stdio: 'inherit', ...options });
    const stopForwarding = forwardSignals(child);
    child.once('error', (error) => {
      stopForwarding();
      resolve({ status: null, signal: null, error });
    });
    child.once('close', (status, signal) => {
      stopForwarding();
      resolve({ status, signal });
    });
  });
}

/**
 * Runs a program in our place: when it ends, we end the same way (its exit status, or its signal).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export async function become(command, args, options = {}) {
  const { status, signal, error } = await run(command, args, options);
  if (error) {
    console.error(`cannot start ${command}: ${error.message}`);
    process.exitCode = 127;
  } else if (signal) {
    process.kill(process.pid, signal);
  } else {
    process.exitCode = status ?? 1;
  }
}

/**
 * Continues the calling script under the pinned Node, for scripts that import TypeScript.
 * @returns {Promise<boolean>} true when we already run under it; false when the script ran in a child and is done
 */
export async function underPinnedNode() {
  if (process.versions.node.split('.')[0] === '24') return true;
  await become(pinnedNode, process.argv.slice(1));
  return false;
}

/**
 * Ctrl-C at a terminal reaches the whole process group, so there it is only kept from ending us first. One stream that
 * is a terminal is enough to say so: `npm start < /dev/null` is at one, too.
 */
function forwardSignals(child) {
  const isAtTerminal = [0, 1, 2].some((fd) => isatty(fd));
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const forward = (signal) => {
    if (signal !== 'SIGINT' || !isAtTerminal) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
