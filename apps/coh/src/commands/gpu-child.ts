// The command of `coh run` as a child: its output goes where ours does, signals reach it, and it is stopped when it must.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Context } from '../context.ts';
import { errorText } from '../token.ts';

/** A command, and what it gets. */
export interface ChildWish {
  readonly words: readonly string[];
  /** Beside our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly leash: Leash;
}

/** With what a command that runs is stopped from outside. */
export interface Leash {
  /** Whether it must end; also when that comes before it begins. */
  isCut: boolean;
  /** Called when it must; whoever runs the command sets it. */
  onCut: () => void;
}

/** How it ended. */
export interface Ended {
  /** As a shell counts it: the status, 128 and the signal, 127 for what cannot be started. */
  readonly exit: number;
  /** Why it could not be started. */
  readonly problem: string | undefined;
}

/** Time that a command has to end by itself, ms; then it is killed. */
const GRACE_MS = 5000;

/** What shells give for a command that is not there. */
const NOT_STARTED = 127;

/** Runs the command to its end. Never throws. With `--json` its output goes to stderr. */
export function runChild({ io, json }: Context, { words, env, leash }: ChildWish): Promise<Ended> {
  const [command = '', ...args] = words;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: io.cwd,
      env: { ...io.env, ...env },
      stdio: ['inherit', 'pipe', 'pipe'],
    });
    const out = json ? io.stderr : io.stdout;
    child.stdout.on('data', (bytes: Buffer) => void out.write(bytes));
    child.stderr.on('data', (bytes: Buffer) => void io.stderr.write(bytes));
    let killing: NodeJS.Timeout | undefined;
    const end = (): void => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    };
    leash.onCut = end;
    if (leash.isCut) end();
    // A terminal gives Ctrl-C to the command itself.
    const interrupt = (): void => void (io.stdin.isTTY === true || child.kill('SIGINT'));
    const offs = [io.onSignal('SIGINT', interrupt), io.onSignal('SIGTERM', () => void child.kill('SIGTERM'))];
    const settle = (ended: Ended): void => {
      clearTimeout(killing);
      leash.onCut = () => {};
      for (const off of offs) off();
      resolve(ended);
    };
    child.on('error', (error) => settle({ exit: NOT_STARTED, problem: errorText(error) }));
    child.on('close', (status, signal) => settle({ exit: status ?? 128 + signalNumber(signal), problem: undefined }));
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
