// A diod server for tests: a 9P server nobody here wrote, to show that a harness can tell good from bad.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { toolMissing } from './tool.ts';

/** A running diod that exports one folder. */
export interface TestDiod {
  readonly port: number;
  /** The exported folder, which is also the aname. */
  readonly folder: string;
  /** Ends it and removes the folder; idempotent. */
  stop(): Promise<void>;
}

const DIOD = '/usr/sbin/diod';
const READY_MS = 10_000;
const RETRY_MS = 20;

/** Why diod cannot run here, or undefined. */
export function diodMissing(): string | undefined {
  return toolMissing(DIOD, 'diod') ?? (process.getuid?.() === 0 ? undefined : 'diod must run as root');
}

/** Starts diod without authentication on a new empty folder. @throws Error when it does not accept in 10 s. */
export async function startDiod(): Promise<TestDiod> {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-diod-'));
  const port = await getPort({ host: '127.0.0.1' });
  const args = ['-f', '-n', '-N', '-l', `127.0.0.1:${port}`, '-e', folder, '-L', 'stderr'];
  const child = spawn(DIOD, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + READY_MS;
  while (!(await accepts(port))) {
    if (performance.now() < deadline && child.exitCode === null) continue;
    await stop();
    throw new Error(`diod does not accept on port ${port}`);
  }
  return { port, folder, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => setTimeout(() => resolve(false), RETRY_MS));
    socket.once('connect', () => socket.destroy());
  });
}
