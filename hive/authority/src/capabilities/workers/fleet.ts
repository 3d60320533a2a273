// All live workers at once, with what other rooms know of each: for those who show the whole fleet. One pass over each room, so
// that ten thousand workers cost as much as one question and not ten thousand.

import type { State } from '../../types.ts';
import { gpusSlice } from '../gpus/record.ts';
import { leasesSlice } from '../leases/record.ts';
import { scheduleSlice } from '../schedule/record.ts';
import { inOrder, isLive, type WorkerRecord, workersSlice } from './record.ts';

/** A live worker, and what it has. Read only. */
export interface FleetMember {
  readonly worker: Readonly<WorkerRecord>;
  /** The job that runs in it. */
  readonly job: string | undefined;
  /** GPUs of which it holds a part, as `<host>/<gpu>`. */
  readonly gpus: readonly string[];
  /** Leases whose subject it is, those of its GPUs among them. */
  readonly leases: number;
}

/** Every live worker, in the order of their numbers. */
export function fleetOf(state: Readonly<State>): readonly FleetMember[] {
  const live = [...workersSlice(state).workers.values()].filter(isLive);
  const { running } = scheduleSlice(state);
  const leases = new Map<string, number>();
  for (const { subject } of leasesSlice(state).active.values()) leases.set(subject, (leases.get(subject) ?? 0) + 1);
  const gpus = new Map<string, string[]>();
  for (const { worker, host, gpu } of gpusSlice(state).holdings.values())
    gpus.set(worker, [...(gpus.get(worker) ?? []), `${host}/${gpu}`]);
  return inOrder(live).map((worker) => ({
    worker,
    job: running.get(worker.id),
    gpus: gpus.get(worker.id) ?? NONE,
    leases: leases.get(worker.id) ?? 0,
  }));
}

const NONE: readonly string[] = [];
