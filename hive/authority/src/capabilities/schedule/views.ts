// What people and tools read about jobs. The first line of the summary and the fields of the queue up to `seq=` are the
// source's (contracts-1, 4.3); what follows is ours.

import { lastTime } from '../../kernel/kernel-capability.ts';
import { logField } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { leasesSlice } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { workerFence } from '../workers/queries.ts';
import { waitReasons } from './dispatch.ts';
import { inTurn } from './order.ts';
import { deadlineOf, type EndedJob, type Job, queuedCount, type ScheduleSlice } from './record.ts';

const LIST_BYTES_MAX = 1_048_576;

/** The views of the schedule. */
export const scheduleViews: readonly View<ScheduleSlice>[] = [
  {
    pattern: '/proc/schedule/summary',
    summary:
      '`queue= dequeued= dropped= max_entries=` (started or handed out; expired), then `running= max_running= retried= succeeded= failed= expired= cancelled= dropped_history=`.',
    boundBytes: 512,
    render: summaryText,
  },
  {
    pattern: '/proc/schedule/queue',
    summary:
      'Jobs that wait, in the order of their turns: `id= role= priority= ticks= budget_ms= seq= state= attempt= reason=`; the reason why it does not start is `ready`, `no-executor`, `in-use`, `reserved`, `quota`, `impossible`, `backoff`, `late`, `paused`, `running-max` or `workers-max`.',
    boundBytes: LIST_BYTES_MAX,
    render: queueText,
  },
  {
    pattern: '/proc/schedule/jobs',
    summary:
      'Every job, those that ended first: `id= state= seq= attempt= worker= fence= queued_ms= started_ms= ended_ms= role= priority= reason=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ jobs, history }, _params, state) =>
      [...history, ...bySeq(jobs.values())].map((job) => jobText(job, state)).join(''),
  },
  {
    pattern: '/proc/schedule/by-id/:job',
    summary: 'One JSON line: the job of that id that has not ended, else the last one that did.',
    boundBytes: 2048,
    render: ({ jobs, history }, { job = '' }, state) =>
      recordText(jobs.get(job) ?? history.findLast(({ id }) => id === job), state),
  },
];

function bySeq(jobs: Iterable<Job>): Job[] {
  return [...jobs].sort((left, right) => left.seq - right.seq);
}

function summaryText(slice: Readonly<ScheduleSlice>, _params: unknown, state: Readonly<State>): string {
  const { queue_max, running_max } = manifestIn(state).schedule;
  const { dequeued, retried, running, ended, droppedHistory } = slice;
  return [
    `queue=${queuedCount(slice)} dequeued=${dequeued} dropped=${ended.expired} max_entries=${queue_max}\n`,
    `running=${running.size} max_running=${running_max} retried=${retried} succeeded=${ended.succeeded}`,
    ` failed=${ended.failed} expired=${ended.expired} cancelled=${ended.cancelled} dropped_history=${droppedHistory}\n`,
  ].join('');
}

function queueText(slice: Readonly<ScheduleSlice>, _params: unknown, state: Readonly<State>): string {
  const at = lastTime(state);
  const reasons = waitReasons({ state, slice, leases: leasesSlice(state), at, started: 0 });
  return inTurn(slice, state, at)
    .map((job) => {
      const { id, role, priority, ticks, budgetMs, seq, attempt } = job;
      const source = `id=${id} role=${role} priority=${priority} ticks=${ticks} budget_ms=${budgetMs} seq=${seq}`;
      return `${source} state=${job.state} attempt=${attempt} reason=${reasons.get(id) ?? 'ready'}\n`;
    })
    .join('');
}

function jobText(job: Job | EndedJob, state: Readonly<State>): string {
  const { id, role, priority, seq, attempt, worker, queuedAt, startedAt, reason } = job;
  const fence = worker === null ? undefined : workerFence(state, worker);
  const what = `id=${id} state=${job.state} seq=${seq} attempt=${attempt} worker=${worker ?? 'none'} fence=${fence ?? 'none'}`;
  const end = 'endedAt' in job ? job.endedAt : 'none';
  const times = `queued_ms=${queuedAt} started_ms=${startedAt ?? 'none'} ended_ms=${end}`;
  return `${what} ${times} role=${role} priority=${priority} reason=${logField(reason)}\n`;
}

function recordText(job: Job | EndedJob | undefined, state: Readonly<State>): string {
  if (job === undefined) return '';
  const { id, role, priority, ticks, budgetMs, deadlineMs, retries, need, seq, entry, by, attempt, worker } = job;
  const line = { id, role, priority, ticks, budget_ms: budgetMs, deadline_ms: deadlineMs, retries };
  const needs = need === null ? {} : { resource: need.resource, ...need.demand };
  const runs = { attempt, worker, fence: worker === null ? null : (workerFence(state, worker) ?? null) };
  const times = { queued_ms: job.queuedAt, started_ms: job.startedAt, ...endTimes(job) };
  return `${JSON.stringify({
    ...line,
    ...needs,
    state: job.state,
    seq,
    entry,
    ...runs,
    lease_fence: job.leaseFence,
    ...times,
    reason: job.reason,
    queued_by: { subject: by.subject, ticket: by.ticket },
  })}\n`;
}

function endTimes(job: Job | EndedJob): object {
  if ('endedAt' in job) return { ended_ms: job.endedAt };
  return { start_before_ms: deadlineOf(job), not_before_ms: job.notBefore };
}
