// Child processes for benchmarks: a clean environment, one condition to wait for, an end that is certain.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** How a child is started. */
export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** A started child that is ready. */
export interface ReadyChild<T> {
  readonly pid: number;
  /** What made it ready. */
  readonly value: T;
  /** SIGTERM, after 5 s SIGKILL; idempotent. */
  stop(): Promise<void>;
}

const READY_MS = 20_000;
const STOP_MS = 5_000;
const RETRY_MS = 10;
const LINES_SHOWN = 20;
/** Given to `watch` once before any output; no line contains it. */
const AT_START = '\n';

/** The environment of children: NODE_EXTRA_CA_CERTS alone adds 130 ms to the start of Node. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _certs, NODE_OPTIONS: _options, ...rest } = process.env;
  return rest;
}

/**
 * Starts a child and waits until a line of its output (stdout or stderr) makes `ready` return a value.
 * @throws Error with the output so far, if the child ends first or 20 s pass.
 */
export function startUntilLine<T>(
  options: ChildOptions,
  ready: (line: string) => T | undefined,
): Promise<ReadyChild<T>> {
  return start<T>(options, (line, resolve) => {
    const value = ready(line);
    if (value !== undefined) resolve(value);
  });
}

/** Starts a child and waits until a TCP port of this machine accepts. @throws as `startUntilLine`. */
export function startUntilPort(options: ChildOptions, port: number): Promise<ReadyChild<number>> {
  let isOver = false;
  const begun = start<number>(options, (line, resolve) => {
    if (line === AT_START) void untilAccepts(port, () => isOver).then(() => resolve(port));
  });
  return begun.finally(() => {
    isOver = true;
  });
}

/** `watch` is called once with AT_START, then with each line. */
async function start<T>(
  options: ChildOptions,
  watch: (line: string, resolve: (value: T) => void) => void,
): Promise<ReadyChild<T>> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const value = await becomesReady(child, watch);
    if (child.pid === undefined) throw new Error('the child has no process id');
    return { pid: child.pid, value, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw new Error(`${[options.command, ...options.args].join(' ')}: ${messageOf(error)}`);
  }
}

function becomesReady<T>(child: ChildProcess, watch: (line: string, resolve: (value: T) => void) => void): Promise<T> {
  const seen: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<T>((resolve, reject) => {
    const fail = (why: string) => reject(new Error([why, ...seen.slice(-LINES_SHOWN)].join('\n  ')));
    timer = setTimeout(() => fail(`not ready within ${READY_MS} ms`), READY_MS);
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        seen.push(line);
        if (seen.length > LINES_SHOWN) seen.shift();
        watch(line, resolve);
      });
    }
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`ended early (${code ?? signal})`));
    watch(AT_START, resolve);
  });
  return ready.finally(() => clearTimeout(timer));
}

async function untilAccepts(port: number, isOver: () => boolean): Promise<void> {
  while (!isOver() && !(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
