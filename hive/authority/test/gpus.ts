// GPUs for tests: what hosts publish, and hives on which they did.

import type { Manifest } from '@cohesix/manifest';
import type { Principal } from '../src/index.ts';
import { SYSTEM } from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

/** A GPU as a publisher says it. */
interface GpuLine {
  readonly id: string;
  readonly name: string;
  readonly memory_mb: number;
  readonly sm_count: number;
  readonly driver_version: string;
  readonly runtime_version: string;
}

export const GPU_0: GpuLine = {
  id: 'GPU-0',
  name: 'Mock 4090',
  memory_mb: 24_576,
  sm_count: 144,
  driver_version: '555.0',
  runtime_version: '12.4',
};
export const GPU_1: GpuLine = { ...GPU_0, id: 'GPU-1', name: 'Mock 4060', memory_mb: 8192, sm_count: 64 };

/** Hives without approvals. */
export const FREE: Manifest = manifestWith((manifest) => {
  manifest.policy.enabled = false;
});

/** A publish as one line. */
export function inventory(host: string, gpus: readonly object[] = [GPU_0, GPU_1], ttl_s?: number): object {
  return { publish: { host, gpus, ...(ttl_s === undefined ? {} : { ttl_s }) } };
}

/** A hive whose only host is `local`, published by ALICE. */
export function withGpus(manifest: Manifest = FREE, who: Principal = ALICE): TestHive {
  const hive = TestHive.booted(manifest);
  hive.ok(who, '/gpu/bridge/ctl', inventory('local'));
  return hive;
}

/** A spawn of a GPU worker. */
export function spawnGpu(lease: object = {}): object {
  return { spawn: 'gpu', lease: { gpu_id: 'GPU-0', mem_mb: 4096, streams: 2, ttl_s: 60, ...lease } };
}

/** A job. */
export function gpuJob(id: string, more: object = {}): object {
  const size = [1, 1, 1];
  const what = { kernel: 'vadd', grid: size, block: size, bytes_hash: `sha256:${'0'.repeat(64)}` };
  return { job: id, ...what, inputs: ['a', 'b'], outputs: ['c'], timeout_ms: 1000, ...more };
}

/** Starts a GPU worker and says that it runs; its id and the fence of its lease. */
export function started(hive: TestHive, lease: object = {}): { readonly worker: string; readonly fence: number } {
  const { reply } = hive.ok(ALICE, '/queen/ctl', spawnGpu(lease));
  const worker = String(reply.id);
  receipt(hive, worker, 'started');
  return { worker, fence: Number(reply.fence) };
}

/** The receipt of the runtime about the last start of a worker. */
export function receipt(hive: TestHive, worker: string, kind: 'started' | 'exited'): void {
  const starts = hive.journal.flatMap(({ outcome }) => (outcome.ok ? outcome.effects : []));
  const start = starts.findLast((effect) => effect.kind === 'worker.start' && effect.worker === worker);
  const from = { worker, fence: start?.fence, epoch: start?.epoch };
  const line = kind === 'started' ? { started: from } : { exited: { ...from, reason: 'stopped' } };
  hive.ok(SYSTEM, '/sys/workers/ctl', line);
}

/** Lets the clock do everything that is due now. */
export function settle(hive: TestHive): void {
  for (let count = 0; count < 100; count++) {
    const deadline = hive.authority.deadline(hive.state);
    if (deadline === undefined || deadline > hive.at) return;
    hive.ok(SYSTEM, '/sys/clock', 'tick');
  }
  throw new Error('the clock is due for ever');
}

/** Lines that the statuses of GPUs were given, oldest first. */
export function statusLines(hive: TestHive): readonly Record<string, unknown>[] {
  return hive.journal
    .flatMap(({ outcome }) => (outcome.ok ? outcome.effects : []))
    .filter(({ kind }) => kind === 'gpu.status')
    .flatMap(({ lines }) => (lines as readonly string[]).map((line) => JSON.parse(line)));
}

/** The JSON lines of a view. */
export function linesOf(hive: TestHive, path: string): readonly Record<string, unknown>[] {
  const text = hive.view(path) ?? '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
