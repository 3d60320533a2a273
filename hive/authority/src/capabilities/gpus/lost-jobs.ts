// Jobs of the schedule whose GPU went away or is another one now. Their leases end with them, so it is the worker that is stopped; the job
// has failed then, or is tried again where there is a GPU.

import type { Acceptance, Command, State } from '../../types.ts';
import { leasesOn, leasesSlice } from '../leases/record.ts';
import { scheduleSlice } from '../schedule/record.ts';
import { workerEndChanges } from '../schedule/worker-end.ts';
import { revokedLine, stopParts } from '../workers/changes.ts';
import { liveWorker } from '../workers/queries.ts';
import { isOver, type WorkerRecord } from '../workers/record.ts';
import type { GpusSlice, LossReason } from './record.ts';

/** A worker that does a job without its GPU. */
export interface LostJob {
  readonly worker: Readonly<WorkerRecord>;
  readonly why: LossReason;
}

/** Those there are. A worker that is being stopped already is none. */
export function lostJobs({ devices }: Readonly<GpusSlice>, state: Readonly<State>): readonly LostJob[] {
  const lost: LostJob[] = [];
  for (const [resource, { state: is, since, why }] of devices) {
    if (is === 'live' && since === 0) continue;
    for (const { job, entry } of leasesOn(leasesSlice(state), resource)) {
      const worker = job === null || (is === 'live' && entry >= since) ? undefined : workerOf(state, job);
      if (worker !== undefined) lost.push({ worker, why });
    }
  }
  return lost;
}

function workerOf(state: Readonly<State>, job: string): Readonly<WorkerRecord> | undefined {
  const id = scheduleSlice(state).jobs.get(job)?.worker ?? null;
  return id === null ? undefined : liveWorker(state, id);
}

/** Stops it; one whose own time is up at this moment is stopped by its own room. */
export function stopLost(
  { worker, why }: LostJob,
  { at, seq: entry }: Pick<Command, 'at' | 'seq'>,
  state: Readonly<State>,
): Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> {
  if (isOver(worker, at)) return { changes: [], effects: [], log: [] };
  const stop = stopParts(worker, { reason: why, entry, line: revokedLine(worker.id, why) });
  return { ...stop, changes: [...stop.changes, ...workerEndChanges(state, worker.id, ['failed', why])] };
}
