// The schedule: jobs that wait for their turn, run in a worker and end. Whose turn it is: `order.ts`; what keeps a job
// waiting: `dispatch.ts`; what the clock does: `upkeep.ts`.

import type { Capability, Names, State } from '../../types.ts';
import { leasesSlice } from '../leases/record.ts';
import { evolveSchedule } from './changes.ts';
import { scheduleCtl } from './ctl.ts';
import { leaseIdOf, type ScheduleSlice } from './record.ts';
import { scheduleDeadline, scheduleTick } from './upkeep.ts';
import { scheduleViews } from './views.ts';

const jobNames: Names<ScheduleSlice> = {
  pattern: '/proc/schedule/by-id/:job',
  list: ({ jobs, history }) => new Set([...jobs.keys(), ...history.map(({ id }) => id)]),
  has: ({ jobs, history }, name) => jobs.has(name) || history.some(({ id }) => id === name),
};

function invariants(slice: Readonly<ScheduleSlice>, state: Readonly<State>): string[] {
  return [...jobProblems(slice), ...leaseProblems(slice, state), ...boundProblems(slice)];
}

/** What runs has a worker of its own, and nothing else has. */
function jobProblems({ jobs, running, nextSeq }: Readonly<ScheduleSlice>): string[] {
  const broken: string[] = [];
  for (const [key, { id, seq, state, worker, attempt, retries }] of jobs) {
    if (key !== id) broken.push(`schedule: ${id} is kept as ${key}`);
    if (seq >= nextSeq) broken.push(`schedule: ${id} has seq ${seq}, at or above the next ${nextSeq}`);
    if (attempt > retries + 1) broken.push(`schedule: ${id} was started ${attempt} times`);
    if (state === 'running' && (worker === null || running.get(worker) !== id))
      broken.push(`schedule: ${id} runs in ${worker}, which does something else`);
  }
  const count = [...jobs.values()].filter(({ state }) => state === 'running').length;
  if (count !== running.size) broken.push(`schedule: ${count} jobs run, in ${running.size} workers`);
  return broken;
}

/** The lease of a job is held exactly while it runs. */
function leaseProblems({ jobs }: Readonly<ScheduleSlice>, state: Readonly<State>): string[] {
  const { active } = leasesSlice(state);
  const broken: string[] = [];
  for (const { id, state: is, need, leaseFence } of jobs.values()) {
    const lease = active.get(leaseIdOf(id));
    const isHeld = lease !== undefined && lease.fence === leaseFence;
    if (isHeld !== (is === 'running' && need !== null)) broken.push(`schedule: ${id} is ${is}, its lease is ${isHeld}`);
  }
  for (const { id, job } of active.values()) {
    if (job !== null && !jobs.has(job)) broken.push(`schedule: lease ${id} is of a job that is not there`);
  }
  return broken;
}

/** Most any manifest allows, with the jobs that wait again although the queue is full. */
const JOBS_EVER_MAX = 4096 + 10_000;
const HISTORY_EVER_MAX = 4096;

function boundProblems({ jobs, history }: Readonly<ScheduleSlice>): string[] {
  if (jobs.size <= JOBS_EVER_MAX && history.length <= HISTORY_EVER_MAX) return [];
  return [`schedule: ${jobs.size} jobs and ${history.length} ended ones are kept`];
}

/** Jobs: `/queen/schedule/ctl`, `/proc/schedule/...`. Its place is after the leases, with whose tick its own begins. */
export const scheduleCapability: Capability<ScheduleSlice> = {
  name: 'schedule',
  controls: [scheduleCtl],
  views: scheduleViews,
  names: [jobNames],
  initial: () => ({
    jobs: new Map(),
    running: new Map(),
    history: [],
    nextSeq: 1,
    dequeued: 0,
    retried: 0,
    ended: { succeeded: 0, failed: 0, expired: 0, cancelled: 0, dequeued: 0 },
    droppedHistory: 0,
  }),
  evolve: evolveSchedule,
  invariants,
  deadline: scheduleDeadline,
  tick: (_slice, clock, state) => scheduleTick(state, clock),
};
