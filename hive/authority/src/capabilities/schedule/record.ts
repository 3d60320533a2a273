// What the schedule knows of a job from its line to its end. Entries are never written into: a change replaces them, so that
// a draft (`draft.ts`) can share them with the state.
//
// queued ──start──▶ running ──worker ended──▶ succeeded | failed | cancelled
//   │ ▲                │
//   │ └── retrying ◀───┘ (killed or failed, retries left)
//   ├── deadline ──▶ expired    ├── cancel ──▶ cancelled    └── dequeue ──▶ dequeued

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';
import type { Demand, Granter } from '../leases/record.ts';

/** A lease that a job needs while it runs. */
export interface Need {
  /** A resource or a class. */
  readonly resource: string;
  readonly demand: Demand;
}

/** Why the worker of a job ended: ticks used up, its time up, killed, failed, or the job was cancelled. */
export type Cause = 'done' | 'ttl' | 'killed' | 'failed' | 'cancelled';

/** A job that has not ended. */
export interface Job {
  readonly id: string;
  readonly role: string;
  readonly priority: number;
  readonly ticks: number;
  readonly budgetMs: number;
  /** How long it may wait for a start, ms; null: as long as it takes. */
  readonly deadlineMs: number | null;
  readonly retries: number;
  readonly need: Need | null;
  /** Number in this room, from 1. */
  readonly seq: number;
  /** Journal entry of its line: the order of arrival, across rooms. */
  readonly entry: number;
  readonly queuedAt: number;
  readonly by: Granter;
  /** `retrying`: queued again after an attempt. */
  readonly state: 'queued' | 'retrying' | 'running';
  /** How often it was started. */
  readonly attempt: number;
  /** It does not start before, ms. */
  readonly notBefore: number;
  readonly startedAt: number | null;
  /** The worker of the last attempt; null before the first. */
  readonly worker: string | null;
  /** Fence of the lease of this attempt; null when it has none. */
  readonly leaseFence: number | null;
  /** Why its worker is ending; null while it is not. */
  readonly cause: Cause | null;
  /** What its last attempt or its end was about, in words. */
  readonly reason: string;
}

/** How a job can end. */
export type Ending = 'succeeded' | 'failed' | 'expired' | 'cancelled' | 'dequeued';

/** A job that ended. */
export interface EndedJob extends Omit<Job, 'state' | 'cause' | 'notBefore'> {
  readonly state: Ending;
  readonly endedAt: number;
}

/** The slice of the schedule. */
export interface ScheduleSlice {
  /** Jobs that have not ended, by id. */
  jobs: Map<string, Job>;
  /** Worker → job that runs in it. */
  running: Map<string, string>;
  /** Oldest first. */
  history: EndedJob[];
  nextSeq: number;
  /** Jobs that left the queue: started or taken out of it. */
  dequeued: number;
  /** How often a job was queued again. */
  retried: number;
  /** How many ended, and how. */
  ended: Readonly<Record<Ending, number>>;
  /** Ended jobs that are no longer remembered. */
  droppedHistory: number;
}

/** The slice of a state. */
export function scheduleSlice(state: Readonly<State>): ScheduleSlice {
  return sliceOf<ScheduleSlice>(state, 'schedule');
}

/** How many jobs wait. */
export function queuedCount({ jobs, running }: Readonly<ScheduleSlice>): number {
  return jobs.size - running.size;
}

/** First moment at which a waiting job is not started any more, ms; null: never. */
export function deadlineOf({ queuedAt, deadlineMs }: Job): number | null {
  return deadlineMs === null ? null : queuedAt + deadlineMs;
}

/** Whether a waiting job is past its deadline at `at`: from its very millisecond on. */
export function isLate(job: Job, at: number): boolean {
  const deadline = deadlineOf(job);
  return deadline !== null && deadline <= at;
}

/** Id of the lease of a job; no line can name it, because ids of leases have no `:`. */
export function leaseIdOf(job: string): string {
  return `job:${job}`;
}
