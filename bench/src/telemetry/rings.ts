// Lines into 1,000 rings over one connection: as many requests in flight as the target takes well, each a batch of lines for the
// next ring.

import { cpuTimeUs, processTree } from '../cpu.ts';
import { linesFrom } from './lines.ts';
import type { RingTarget } from './target.ts';

/** Batches that wait for their answer at a time. */
const IN_FLIGHT = 48;

/** One stretch at one target. */
export interface RingStretch {
  readonly target: string;
  /** Lines of a batch. */
  readonly batch: number;
  readonly lines: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
  /** CPU time of the target for one line; of `files` there is none but ours. */
  readonly serverCpuUs: number;
  /** Cores that this process used: near 1 it was the limit. */
  readonly clientCores: number;
  readonly memoryBytes: number;
}

/** What a stretch does. */
export interface RingLoad {
  readonly rings: number;
  readonly batch: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Appends for a while. @throws Error when a batch was refused or the connection ended. */
export async function fillRings(target: RingTarget, { rings, batch, seconds, signal }: RingLoad): Promise<RingStretch> {
  const bytes = linesFrom(0, batch);
  const pids = target.pid === undefined ? [] : processTree(target.pid);
  const [cpuBefore, own] = [cpuTimeUs(pids), process.cpuUsage()];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let [next, count] = [0, 0];
  const one = async (): Promise<void> => {
    while (performance.now() < end && !signal.aborted) {
      const ring = next;
      next = (next + 1) % rings;
      await target.append(ring, bytes);
      count += batch;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  const took = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(own);
  return {
    target: target.name,
    batch,
    lines: count,
    seconds: took,
    linesPerSecond: count / took,
    serverCpuUs: (cpuTimeUs(pids) - cpuBefore) / count,
    clientCores: (user + system) / 1_000_000 / took,
    memoryBytes: target.memory(),
  };
}
