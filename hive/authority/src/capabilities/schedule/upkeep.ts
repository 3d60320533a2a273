// What a clock command makes of the jobs: those whose worker is gone end or wait for a retry, those past their deadline
// expire, and those whose turn it is start. The clock ticks at once while any of that can be done.

import type { Schedule } from '@cohesix/manifest';
import { accept } from '../../kernel/decision.ts';
import { lastTime } from '../../kernel/kernel-capability.ts';
import type { Acceptance, Command, State } from '../../types.ts';
import { keptOf } from '../leases/changes.ts';
import { endOf } from '../leases/draft.ts';
import { leasesSlice } from '../leases/record.ts';
import { isRevoked } from '../sessions/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { workerFence } from '../workers/queries.ts';
import { nextStart, startJob } from './dispatch.ts';
import { add, draftOf, type ScheduleDraft } from './draft.ts';
import { endedLine, retryLine } from './log.ts';
import { type Cause, deadlineOf, type Ending, isLate, type Job, leaseIdOf, type ScheduleSlice } from './record.ts';

/** Jobs ended, and jobs started, by one clock command: its outcome must fit into a journal record. */
const ENDED_PER_TICK_MAX = 16;
const STARTED_PER_TICK_MAX = 8;

/** What a clock command makes of the schedule. */
export function scheduleTick(state: Readonly<State>, clock: Pick<Command, 'at' | 'seq'>): Acceptance {
  const draft = draftOf(state, clock);
  const { changes: leaseChanges, log: leaseLog } = draft.leases;
  const [changesBefore, linesBefore] = [leaseChanges.length, leaseLog.length];
  const gone = goneJobs(draft.slice, state).slice(0, ENDED_PER_TICK_MAX);
  for (const job of gone) conclude(draft, job);
  for (const job of lateJobs(draft.slice, clock.at).slice(0, ENDED_PER_TICK_MAX - gone.length)) {
    endJob(draft, job, ['expired', 'its deadline has passed']);
  }
  for (let count = 0; count < STARTED_PER_TICK_MAX; count++) {
    const next = nextStart(momentOf(draft));
    if (next === undefined) break;
    startJob(draft, next);
  }
  return accept({
    changes: [...leaseChanges.slice(changesBefore), ...draft.changes],
    effects: draft.effects,
    log: [...leaseLog.slice(linesBefore), ...draft.log],
  });
}

function momentOf({ state, slice, leases, clock, started }: ScheduleDraft): Parameters<typeof nextStart>[0] {
  return { state, slice, leases: leases.slice, at: clock.at, started };
}

/** Running jobs whose worker has no record any more: its end was reported, or a boot dropped it because its time was up. */
function goneJobs({ jobs, running }: Readonly<ScheduleSlice>, state: Readonly<State>): Job[] {
  const gone = [...running]
    .filter(([worker]) => workerFence(state, worker) === undefined)
    .flatMap(([, id]) => jobs.get(id) ?? []);
  return gone.sort((left, right) => left.seq - right.seq);
}

function lateJobs({ jobs }: Readonly<ScheduleSlice>, at: number): Job[] {
  const late = [...jobs.values()].filter((job) => job.state !== 'running' && isLate(job, at));
  return late.sort((left, right) => left.seq - right.seq);
}

/** How a job ends after each cause, when it is not started again. */
const ENDINGS: Readonly<Record<Cause, Ending>> = {
  done: 'succeeded',
  ttl: 'failed',
  killed: 'failed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The worker of a job is gone: its lease is given back, and it ends or waits for another attempt. */
function conclude(draft: ScheduleDraft, job: Job): void {
  const { state, clock, leases } = draft;
  const { schedule, leases: bounds } = manifestIn(state);
  const lease = leases.slice.active.get(leaseIdOf(job.id));
  if (lease !== undefined) endOf(leases, lease, { reason: 'job-ended', at: clock.at, kept: keptOf(bounds) });
  const cause = job.cause ?? 'ttl';
  const reason = job.cause === null ? 'budget_ms was up while the hive was down' : job.reason;
  if (!mayRetry(job, cause, state)) return endJob(draft, job, [ENDINGS[cause], reason]);
  const notBefore = clock.at + backoffMs(schedule, job.attempt);
  add(draft, { kind: 'retry', id: job.id, notBefore, reason }, retryLine(job, notBefore, reason));
}

function mayRetry({ attempt, retries, by }: Job, cause: Cause, state: Readonly<State>): boolean {
  const isFault = cause === 'killed' || cause === 'failed';
  return isFault && attempt <= retries && !isRevoked(state, by.ticketIds);
}

/** Doubles with each attempt, up to the cap. */
function backoffMs({ retry_backoff_ms: first, retry_backoff_cap_ms: cap }: Schedule, attempt: number): number {
  return Math.min(cap, first * 2 ** Math.min(attempt - 1, 32));
}

function endJob(draft: ScheduleDraft, job: Job, [ending, reason]: readonly [Ending, string]): void {
  const kept = manifestIn(draft.state).schedule.history_max;
  const change = { kind: 'end', id: job.id, state: ending, reason, at: draft.clock.at, kept } as const;
  add(draft, change, endedLine(job, ending, reason));
}

/** When a clock command would change a job; 0: at once. */
export function scheduleDeadline(slice: Readonly<ScheduleSlice>, state: Readonly<State>): number | undefined {
  if (slice.jobs.size === 0) return undefined;
  const at = lastTime(state);
  if (goneJobs(slice, state).length > 0) return 0;
  if (nextStart({ state, slice, leases: leasesSlice(state), at, started: 0 }) !== undefined) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const job of slice.jobs.values()) {
    if (job.state === 'running') continue;
    earliest = Math.min(earliest, deadlineOf(job) ?? earliest, job.notBefore > at ? job.notBefore : earliest);
  }
  return Number.isFinite(earliest) ? earliest : undefined;
}
