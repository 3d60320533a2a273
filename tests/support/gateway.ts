// `coh gateway` for tests: a child process on any free port in front of a hive that runs elsewhere.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readyLine, stopChild } from './hive.ts';

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));

/** A running gateway. */
export interface TestGateway {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The line it printed when it listened. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** SIGTERM; the exit status or signal. */
  stop(): Promise<number | string>;
}

/** Starts one. `to`: a 9P door; `ticket`: a file, for the hive's manifest. @throws Error with its output when it does not come up. */
export async function startTestGateway(to: string, ticket: string): Promise<TestGateway> {
  const { NODE_EXTRA_CA_CERTS: _certs, ...env } = process.env; // costs each start of Node 130 ms
  const args = [MAIN, 'gateway', '--json', '--to', to, '--ticket', ticket, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const ready = (await readyLine(child, [])) as Readonly<Record<string, unknown>>;
    return { url: String(ready.http), ready, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}
