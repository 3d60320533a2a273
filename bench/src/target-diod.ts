// The performance peer: Debian's diod, exporting a folder in memory. It must run as root, and serves as root.

import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { startUntilPort } from './child.ts';
import type { RunningTarget, Target } from './target.ts';

const DIOD = '/usr/sbin/diod';
const MEMORY = '/dev/shm';
const BIG_SIZE = 65_536;
const PATHS = { small: 'small', big: 'big', walk4: 'a/b/c/d', append: 'append' } as const;

/** diod of Debian 12, without authentication. */
export const diod: Target = { name: 'diod', missing, start };

function missing(): string | undefined {
  if (!isAllowed(DIOD, constants.X_OK)) return `${DIOD} is not installed (Debian package diod)`;
  return process.getuid?.() === 0 ? undefined : 'diod serves other users only when it runs as root';
}

async function start(): Promise<RunningTarget> {
  const folder = makeExport();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const port = await getPort({ host: '127.0.0.1' });
    const args = ['-f', '-n', '-N', '-l', `127.0.0.1:${port}`, '-e', folder, '-L', 'stderr'];
    const child = await startUntilPort({ command: DIOD, args }, port);
    const stop = () => child.stop().finally(remove);
    const { pid } = child;
    return { host: '127.0.0.1', port, uname: 'root', aname: folder, paths: PATHS, pid, version: version(), stop };
  } catch (error) {
    remove();
    throw error;
  }
}

function makeExport(): string {
  const folder = mkdtempSync(join(isAllowed(MEMORY, constants.W_OK) ? MEMORY : tmpdir(), 'cohesix-bench-'));
  mkdirSync(join(folder, PATHS.walk4), { recursive: true });
  writeFileSync(join(folder, PATHS.small), new Uint8Array(BIG_SIZE).fill(97));
  writeFileSync(join(folder, PATHS.big), new Uint8Array(BIG_SIZE).fill(98));
  writeFileSync(join(folder, PATHS.append), '');
  return folder;
}

function version(): string {
  try {
    return `diod ${execFileSync('dpkg-query', ['-W', '-f', '$' + '{Version}', 'diod'], { encoding: 'utf8' })}`;
  } catch {
    return 'diod (version unknown)';
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
