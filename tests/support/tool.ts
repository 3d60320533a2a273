// Programs of the machine that tests use when they are there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';

/** What a program did. */
export interface ToolRun {
  /** Exit status, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const TOOL_MS = 20_000;

/** Why a program cannot be used, or undefined. */
export function toolMissing(file: string, debianPackage: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return `${file} is not installed (Debian package ${debianPackage})`;
  }
}

/** Runs a program to its end without a shell; killed after `timeout` ms, which shows as the status `SIGKILL`. */
export async function runTool(file: string, args: readonly string[], timeout: number = TOOL_MS): Promise<ToolRun> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code, signal] = await once(child, 'close');
  return { status: code ?? signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
