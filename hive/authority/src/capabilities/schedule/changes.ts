// What can change about jobs, and how it is applied. Entries are replaced, never written into (see `draft.ts`).

import { assert, unreachable } from '@cohesix/check';
import type { Change } from '../../types.ts';
import type { Cause, EndedJob, Ending, Job, ScheduleSlice } from './record.ts';

interface Ended {
  readonly reason: string;
  readonly at: number;
  /** How many ended jobs are remembered; it travels with the change, because applying one sees no manifest. */
  readonly kept: number;
}

/** A change of the schedule. */
export type ScheduleChange =
  | { readonly kind: 'queue'; readonly job: Job }
  | ({ readonly kind: 'start'; readonly id: string } & Start)
  | { readonly kind: 'ending'; readonly id: string; readonly cause: Cause; readonly reason: string }
  | { readonly kind: 'retry'; readonly id: string; readonly notBefore: number; readonly reason: string }
  | ({ readonly kind: 'end'; readonly id: string; readonly state: Ending } & Ended)
  | ({ readonly kind: 'revoke'; readonly ticketId: string } & Omit<Ended, 'reason'>);

/** What a start changes of a job. */
export interface Start {
  readonly worker: string;
  readonly leaseFence: number | null;
  readonly at: number;
}

/** Wraps a change with its owner. */
export function scheduleChange(change: ScheduleChange): Change {
  return { capability: 'schedule', change };
}

/** Applies a change in place. */
export function evolveSchedule(slice: ScheduleSlice, change: ScheduleChange): void {
  switch (change.kind) {
    case 'queue':
      slice.jobs.set(change.job.id, change.job);
      slice.nextSeq = change.job.seq + 1;
      return;
    case 'start':
      return start(slice, change);
    case 'ending':
      return replace(slice, change.id, { cause: change.cause, reason: change.reason });
    case 'retry':
      return retry(slice, change);
    case 'end':
      return end(slice, change);
    case 'revoke':
      return revoke(slice, change);
    default:
      unreachable(change);
  }
}

function start(slice: ScheduleSlice, { id, worker, leaseFence, at }: { readonly id: string } & Start): void {
  const attempt = jobOf(slice, id).attempt + 1;
  replace(slice, id, { state: 'running', attempt, worker, leaseFence, startedAt: at, cause: null, reason: '' });
  slice.running.set(worker, id);
  slice.dequeued += 1;
}

function retry(slice: ScheduleSlice, change: Extract<ScheduleChange, { kind: 'retry' }>): void {
  leaveWorker(slice, change.id);
  const { notBefore, reason } = change;
  replace(slice, change.id, { state: 'retrying', notBefore, reason, cause: null, leaseFence: null });
  slice.retried += 1;
}

function end(slice: ScheduleSlice, change: { readonly id: string; readonly state: Ending } & Ended): void {
  leaveWorker(slice, change.id);
  const { cause: _cause, notBefore: _notBefore, ...job } = jobOf(slice, change.id);
  const ended: EndedJob = { ...job, state: change.state, reason: change.reason, endedAt: change.at };
  slice.jobs.delete(change.id);
  slice.history.push(ended);
  slice.droppedHistory += slice.history.splice(0, Math.max(0, slice.history.length - change.kept)).length;
  slice.ended = { ...slice.ended, [change.state]: slice.ended[change.state] + 1 };
  if (change.state === 'dequeued') slice.dequeued += 1;
}

/** What a revoked ticket queued does not start any more; what runs goes on, as workers do. */
function revoke(slice: ScheduleSlice, { ticketId, at, kept }: Extract<ScheduleChange, { kind: 'revoke' }>): void {
  const waiting = [...slice.jobs.values()].filter(({ state }) => state !== 'running');
  for (const { id, by } of waiting.sort((left, right) => left.seq - right.seq)) {
    if (by.ticketIds.includes(ticketId)) end(slice, { id, state: 'cancelled', reason: 'ticket revoked', at, kept });
  }
}

function leaveWorker(slice: ScheduleSlice, id: string): void {
  const { worker, state } = jobOf(slice, id);
  if (worker !== null && state === 'running') slice.running.delete(worker);
}

function replace(slice: ScheduleSlice, id: string, fields: Partial<Job>): void {
  slice.jobs.set(id, { ...jobOf(slice, id), ...fields });
}

function jobOf(slice: Readonly<ScheduleSlice>, id: string): Job {
  const job = slice.jobs.get(id);
  assert(job !== undefined, `no job ${id}`);
  return job;
}
