// A hive for tests of Python programs: how they reach it, and what our own client reads of it afterwards.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type HiveClient } from '@cohesix/client';
import { type HiveOptions, startHive, type TestHive } from '../support/hive.ts';
import { runTool, type ToolRun } from '../support/tool.ts';

/** The Python of the machine. */
export const PYTHON = '/usr/bin/python3';

/** The folder of the Python SDK. */
export const SDK: string = fileURLToPath(new URL('../../sdk/python', import.meta.url));

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));

/** Doors by which Python comes. */
export type Door = 'rest' | '9p';

/** A running hive and a session of ours. */
export class Stand {
  readonly hive: TestHive;
  readonly #client: HiveClient;

  private constructor(hive: TestHive, client: HiveClient) {
    this.hive = hive;
    this.#client = client;
  }

  /** Starts a hive. @throws Error with its output when it does not come up. */
  static async start(options: HiveOptions = {}): Promise<Stand> {
    const hive = await startHive(options);
    const { ticket, ninepPort } = hive;
    const client = await connect({ url: `9p://127.0.0.1:${ninepPort}`, role: 'queen', ticket });
    if (!client.ok) throw new Error(client.refusal.detail);
    return new Stand(hive, client.value);
  }

  /** Its address at a door. */
  url(door: Door): string {
    if (door === '9p') return `9p://127.0.0.1:${this.hive.ninepPort}`;
    const [, url] = /"http":"([^"]+)"/.exec(this.hive.output()) ?? [];
    if (url === undefined) throw new Error('coh up named no HTTP door');
    return url;
  }

  /** The file of a ticket that the first start made. */
  ticket(name: 'queen' | 'approver'): string {
    return join(this.hive.data, 'run', `${name}.ticket`);
  }

  /** Text of a file, not what Python says of it. @throws Error when it is refused. */
  async cat(path: string): Promise<string> {
    const read = await this.#client.read(path);
    if (!read.ok) throw new Error(`${path}: ${read.refusal.detail}`);
    return new TextDecoder().decode(read.value);
  }

  /** Names in a directory. */
  async ls(path: string): Promise<readonly string[]> {
    const names = await this.#client.list(path);
    return names.ok ? names.value : [];
  }

  /** The command line on this hive. */
  coh(...args: string[]): Promise<ToolRun> {
    return runTool(process.execPath, [MAIN, '--data', this.hive.data, ...args]);
  }

  /** Ends both. */
  async stop(): Promise<void> {
    await this.#client.close();
    await this.hive.stop();
  }
}

/** Runs Python with the SDK on its path, as a user does. */
export function python(args: readonly string[], timeoutMs: number): Promise<ToolRun> {
  return runTool('/usr/bin/env', [`PYTHONPATH=${SDK}`, PYTHON, '-B', ...args], timeoutMs);
}
