// Whose turn it is. Waiting counts like priority: `ageing_ms` of it as one level. Since it grows for all alike, the order of
// two jobs never changes while they wait, and the key needs no clock. Priorities have no bound that matters, so ageing alone
// would let the least wait for ever; who has waited for `reserve_after_s` goes before all others, in order of arrival.

import type { Schedule } from '@cohesix/manifest';
import type { State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import type { Job, ScheduleSlice } from './record.ts';

/** Whether a job has waited so long that it goes first. */
export function isAged({ queuedAt }: Job, { reserve_after_s: seconds }: Schedule, at: number): boolean {
  return at - queuedAt >= seconds * 1000;
}

/** The kind of worker that does jobs of a role; undefined when this hive has none. */
export function executorOf(role: string): 'heartbeat' | undefined {
  return role === 'heartbeat' || role === 'worker-heartbeat' ? 'heartbeat' : undefined;
}

/** The jobs that wait, in the order of their turns at `at`. */
export function inTurn({ jobs }: Readonly<ScheduleSlice>, state: Readonly<State>, at: number): readonly Job[] {
  const { schedule } = manifestIn(state);
  const keyed = [...jobs.values()]
    .filter((job) => job.state !== 'running')
    .map((job) => ({ job, key: isAged(job, schedule, at) ? null : job.queuedAt - job.priority * schedule.ageing_ms }));
  keyed.sort((left, right) => compareKeys(left.key, right.key) || left.job.seq - right.job.seq);
  return keyed.map(({ job }) => job);
}

/** Null, for those that waited too long, comes first. */
function compareKeys(left: number | null, right: number | null): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  return left - right;
}
