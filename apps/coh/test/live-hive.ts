// A hive in this process for tests of commands: quick heartbeats, a shared GPU, any free ports. Commands reach it over its unix
// socket; with COH_TEST_DOOR=rest or COH_TEST_DOOR=websocket over HTTP, so that any test here can be run at those doors.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import { expect } from 'vitest';
import { openHttp } from '../src/gateway/local.ts';
import { type CapturedIo, capturedIo, coh, type Ran, type Surroundings } from './captured-io.ts';

/** A hive, and the command line that talks to it. */
export interface LiveHive {
  readonly hive: Hive;
  /** Runs a command line to its end. */
  readonly coh: (argv: readonly string[], surroundings?: Surroundings) => Promise<Ran>;
  /** The JSON of a command that succeeds and says nothing else. */
  readonly json: <T = Record<string, unknown>>(argv: readonly string[]) => Promise<T>;
  /** What a command says when it is refused: status, first line, and the rest. */
  readonly refused: (argv: readonly string[]) => Promise<{ exit: number; said: string; advice: string }>;
  /** Surroundings of a command that runs beside the test. */
  readonly beside: () => CapturedIo;
  readonly stop: () => Promise<void>;
}

/** Starts one, with a manifest changed as the test needs it. The caller stops it. */
export async function liveHive(change: (manifest: Manifest) => Manifest = (manifest) => manifest): Promise<LiveHive> {
  const folder = mkdtempSync(join(tmpdir(), 'coh-live-'));
  const data = join(folder, 'data');
  const { COH_TEST_DOOR: door } = process.env;
  const started = await startHive({
    directory: data,
    ...(door === undefined ? {} : { openHttp }),
    adjust: (manifest) =>
      change({
        ...manifest,
        listen: { ...manifest.listen, secure9p: '', console: '', http: '127.0.0.1:0' },
        leases: { ...manifest.leases, resources: [{ id: 'gpu:GPU-0', mem_mb: 8192, streams: 4 }] },
        workers: { ...manifest.workers, heartbeat_interval_ms: 20, host_interval_ms: 20 },
      }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  const env = { COH_DATA: data, ...urlAt(door, started.value.addresses.http) };
  const run: LiveHive['coh'] = (argv, surroundings = {}) =>
    coh(argv, { cwd: folder, ...surroundings, env: { ...env, ...surroundings.env } });
  return {
    hive: started.value,
    coh: run,
    json: async (argv) => {
      const { exit, stdout, stderr } = await run([...argv, '--json']);
      expect({ argv, exit, stdout, stderr }).toEqual({ argv, exit: 0, stdout, stderr: '' });
      return JSON.parse(stdout);
    },
    refused: async (argv) => {
      const { exit, stdout, stderr } = await run(argv);
      expect(stdout).toBe('');
      const [said = '', ...advice] = stderr.split('\n');
      return { exit, said, advice: advice.join('\n') };
    },
    beside: () => capturedIo({ cwd: folder, env }),
    stop: async () => {
      await started.value.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function urlAt(door: string | undefined, http: string | undefined): { readonly COH_URL?: string } {
  if (http === undefined) return {};
  return { COH_URL: door === 'rest' ? http : `${http.replace(/^http/, 'ws')}/v1/9p` };
}
