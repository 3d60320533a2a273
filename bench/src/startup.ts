// `startup`: how long a person waits for the command line, beside `node -e 0`, the least any Node program takes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './child.ts';
import { figure, type Machine, machine, table } from './report.ts';
import type { HiveHandle } from './target-hive.ts';

/** How often, and the hive that `ls` asks. */
export interface StartupOptions {
  readonly runs: number;
  /** Ends the run early; `startup` then throws, after stopping the hive. */
  readonly signal: AbortSignal;
  readonly startHive: () => Promise<HiveHandle>;
}

/** One command. */
export interface StartupRow {
  readonly command: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface StartupReport {
  readonly benchmark: 'startup';
  readonly machine: Machine;
  readonly runs: number;
  readonly rows: readonly StartupRow[];
  /** Commands that did not exit with 0, and what they said. */
  readonly failures: readonly string[];
}

interface Command {
  readonly name: string;
  readonly argv: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND_MS = 30_000;

/** Runs each command in turn, `runs` times over, so that a slow minute hits all alike. */
export async function startup(options: StartupOptions): Promise<StartupReport> {
  const handle = await options.startHive();
  try {
    const commands = commandsFor(handle);
    const times = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
    const failures = new Set<string>();
    for (let run = 0; run < options.runs; run++) {
      for (const { name, argv } of commands) {
        if (options.signal.aborted) throw new Error('the run was ended');
        const { ms, failure } = await timed(argv);
        times.get(name)?.push(ms);
        if (failure !== undefined) failures.add(`${name}: ${failure}`);
      }
    }
    const rows = [...times].map(([command, all]) => ({ command, p50Ms: at(all, 0.5), p95Ms: at(all, 0.95) }));
    return { benchmark: 'startup', machine: machine(), runs: options.runs, rows, failures: [...failures] };
  } finally {
    await handle.stop();
  }
}

/** The report as a person reads it. */
export function startupText(report: StartupReport): string {
  const rows = report.rows.map(({ command, p50Ms, p95Ms }) => [command, figure(p50Ms), figure(p95Ms)]);
  const lines = [`cold start, ${report.runs} runs`, '', table(['command', 'p50 ms', 'p95 ms'], rows)];
  return [...lines, ...report.failures.map((failure) => `FAILED ${failure}`)].join('\n');
}

/** `./coh` where it is built, else the source through type stripping; the name says which. */
function commandsFor(handle: HiveHandle): readonly Command[] {
  const isBuilt = existsSync(`${ROOT}/coh`);
  const coh = isBuilt ? [`${ROOT}/coh`] : [process.execPath, `${ROOT}/apps/coh/src/main.ts`];
  const name = isBuilt ? './coh' : 'node apps/coh/src/main.ts';
  return [
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
    { name: `${name} --help`, argv: [...coh, '--help'] },
    { name: `${name} ls /`, argv: [...coh, 'ls', '/', ...handle.clientArgs] },
  ];
}

async function timed(argv: readonly string[]): Promise<{ ms: number; failure?: string }> {
  const [command = '', ...args] = argv;
  const begin = performance.now();
  const child = spawn(command, args, {
    cwd: ROOT,
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: COMMAND_MS,
    killSignal: 'SIGKILL',
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [code, signal] = await once(child, 'close');
  const ms = performance.now() - begin;
  if (code === 0) return { ms };
  return { ms, failure: `ended with ${code ?? signal}: ${Buffer.concat(said).toString().trim().slice(0, 400)}` };
}

/** Nearest rank. */
function at(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;
}
