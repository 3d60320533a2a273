// A hive for tests: `coh up` as a child process on a folder and ports of its own, gone when the test is.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Options of `coh up` for doors on free ports of loopback. */
export const ANY_PORTS: readonly string[] = ['9p', 'console', 'http'].flatMap((door) => [
  `--listen-${door}`,
  '127.0.0.1:0',
]);

/** How to start it. */
export interface HiveOptions {
  /** Text of `hive.toml`; default: the defaults of the product. */
  readonly manifest?: string;
  /** Starts on this folder and leaves it; default: a temporary folder, removed by `stop`. */
  readonly data?: string;
  /** More arguments of `coh up`. */
  readonly args?: readonly string[];
}

/** A running hive. */
export interface TestHive {
  readonly data: string;
  readonly pid: number;
  /** Port on 127.0.0.1 of the 9P door. */
  readonly ninepPort: number;
  /** Port on 127.0.0.1 of the line console. */
  readonly consolePort: number;
  /** The Queen's ticket, a secret of this folder. */
  readonly ticket: string;
  /** Everything it printed so far, stdout and stderr. */
  output(): string;
  /** Settles when the process ends, by itself or by a signal: the exit status or signal. */
  readonly ended: Promise<number | string>;
  /** SIGTERM, after 10 s SIGKILL; removes a temporary folder; idempotent. Value: the exit status or signal. */
  stop(): Promise<number | string>;
}

/** A manifest in which no line needs an approval, for tests that are not about approvals. */
export const NO_APPROVALS = 'schema = "cohesix-hive/1"\n\n[policy]\nenabled = false\n';

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const READY_MS = 30_000;
const STOP_MS = 10_000;

/** Starts a hive and waits for its line of addresses. @throws Error with its output when it does not come up. */
export async function startHive(options: HiveOptions = {}): Promise<TestHive> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'cohesix-test-'));
  const remove = () => {
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
  };
  if (options.manifest !== undefined) writeFileSync(join(data, 'hive.toml'), options.manifest);
  const child = spawnHive(data, options.args ?? []);
  const lines: string[] = [];
  const stop = () => stopChild(child).finally(remove);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'not started'));
  });
  try {
    const ready = await readyLine(child, lines);
    const ticket = readFileSync(join(data, 'run', 'queen.ticket'), 'utf8').trim();
    const [ninepPort, consolePort] = [portIn(ready, '9p'), portIn(ready, 'console')];
    return { data, pid: child.pid ?? 0, ninepPort, consolePort, ticket, output: () => lines.join('\n'), ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawnHive(data: string, more: readonly string[]): ChildProcess {
  const { NODE_EXTRA_CA_CERTS: _certs, ...env } = process.env; // costs each start of Node 130 ms
  const args = [MAIN, 'up', '--json', '--data', data, ...ANY_PORTS, ...more];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first line of a child that is a JSON object; every line is kept in `lines`. @throws Error with them when none comes. */
export function readyLine(child: ChildProcess, lines: string[]): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<unknown>((resolve, reject) => {
    const fail = (why: string) => reject(new Error([`coh: ${why}`, ...lines].join('\n')));
    timer = setTimeout(() => fail(`not ready within ${READY_MS} ms`), READY_MS);
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (stream === child.stdout && line.startsWith('{')) resolve(JSON.parse(line));
      });
    }
    child.once('close', (code, signal) => fail(`ended early (${code ?? signal})`));
    child.once('error', (error) => fail(error.message));
  });
  return ready.finally(() => clearTimeout(timer));
}

/** The port of the first `host:port` under a key that contains `word`, at any depth. */
function portIn(value: unknown, word: string): number {
  const found = addressUnder(value, word);
  if (found === undefined) throw new Error(`coh up named no address for ${word}: ${JSON.stringify(value)}`);
  return Number(found.slice(found.lastIndexOf(':') + 1));
}

function addressUnder(value: unknown, word: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && key.includes(word) && /:\d+$/.test(inner)) return inner;
    const deeper = addressUnder(inner, word);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** SIGTERM, after 10 s SIGKILL; the exit status or signal. */
export async function stopChild(child: ChildProcess): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
  return child.exitCode ?? child.signalCode ?? 'not started';
}
