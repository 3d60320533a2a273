// An Io for tests: captured output, text as stdin, signals on demand.

import { PassThrough, Readable } from 'node:stream';
import type { Io, SignalName } from '../src/io.ts';
import { runCoh } from '../src/run.ts';

/** What a test says about the surroundings. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** An Io and what came out of it. */
export interface CapturedIo {
  readonly io: Io;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when stdout holds a text. */
  readonly until: (text: string) => Promise<void>;
  readonly signal: (name: SignalName) => void;
  readonly exits: readonly number[];
}

/** Makes one. No home directory, no colours, nothing of the test's own environment. */
export function capturedIo({ env = {}, stdin = '', cwd = '/', isTTY = false, columns }: Surroundings = {}): CapturedIo {
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  const waiting = new Set<() => void>();
  const listeners = new Map<SignalName, Set<() => void>>();
  const sink = (into: string[]) => ({
    isTTY,
    columns,
    write: (chunk: string | Uint8Array) => {
      into.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      for (const check of [...waiting]) check();
      return true;
    },
  });
  const io: Io = {
    env: { HOME: '/nonexistent', ...env },
    cwd,
    stdin: Object.assign(
      Readable.from([typeof stdin === 'string' ? Buffer.from(stdin) : stdin]).pipe(new PassThrough()),
      { isTTY },
    ),
    stdout: sink(out),
    stderr: sink(err),
    onSignal: (name, run) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(run));
      return () => set.delete(run);
    },
    outliveOutput: () => {},
    exit: (status) => void exits.push(status),
  };
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!out.join('').includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    io,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    until,
    signal: (name) => {
      for (const run of [...(listeners.get(name) ?? [])]) run();
    },
    exits,
  };
}

/** How a run ended. */
export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line to its end. */
export async function coh(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const captured = capturedIo(surroundings);
  const exit = await runCoh(argv, captured.io);
  return { exit, stdout: captured.stdout(), stderr: captured.stderr() };
}
