// Which job starts next. A job that cannot start now does not hold up those behind it (backfill); one that waited too long
// goes first, and what it needs is kept free for it (`../leases/placement.ts`).

import type { State } from '../../types.ts';
import { grantLease } from '../leases/draft.ts';
import { leaseFor } from '../leases/lease.ts';
import { type Hindrance, placeFor, type Scene, sceneOf, type Wish } from '../leases/placement.ts';
import { jobKey, type LeasesSlice } from '../leases/record.ts';
import { type Place, WHOLE } from '../leases/resource.ts';
import { checkGate } from '../lifecycle/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { workersRoom } from '../workers/queries.ts';
import { startParts } from '../workers/start.ts';
import { add, type ScheduleDraft } from './draft.ts';
import { startedLine } from './log.ts';
import { executorOf, inTurn } from './order.ts';
import { isLate, type Job, leaseIdOf, type Need, type ScheduleSlice } from './record.ts';

/** Why a job does not start now. */
export type WaitReason = 'paused' | 'running-max' | 'workers-max' | 'no-executor' | 'backoff' | 'late' | Hindrance;

/** The schedule and the leases at a moment. */
export interface Moment {
  readonly state: Readonly<State>;
  readonly slice: Readonly<ScheduleSlice>;
  readonly leases: Readonly<LeasesSlice>;
  readonly at: number;
  /** Workers started since `state`. */
  readonly started: number;
}

/** A job that can start, and where its lease goes; undefined: it needs none. */
export interface Start {
  readonly job: Job;
  readonly place: Place | undefined;
}

/** The next job to start; undefined when none can. */
export function nextStart(moment: Moment): Start | undefined {
  if (pauseReason(moment) !== undefined) return undefined;
  const scene = sceneOf(moment.leases, moment.state, moment.at);
  for (const job of inTurn(moment.slice, moment.state, moment.at)) {
    const place = placeOrReason(scene, job);
    if (typeof place !== 'string') return { job, place };
  }
  return undefined;
}

/** Why each waiting job waits; null: it is about to start. */
export function waitReasons(moment: Moment): ReadonlyMap<string, WaitReason | null> {
  const pause = pauseReason(moment);
  const scene = sceneOf(moment.leases, moment.state, moment.at);
  return new Map(
    inTurn(moment.slice, moment.state, moment.at).map((job) => {
      const found = placeOrReason(scene, job);
      const own = typeof found === 'string' ? found : null;
      return [job.id, own === 'no-executor' ? own : (pause ?? own)];
    }),
  );
}

/** Why nothing starts at all. */
function pauseReason({ state, slice, started }: Moment): WaitReason | undefined {
  if (!checkGate(state, 'new-work').ok) return 'paused';
  if (slice.running.size >= manifestIn(state).schedule.running_max) return 'running-max';
  return workersRoom(state) - started <= 0 ? 'workers-max' : undefined;
}

function placeOrReason(scene: Scene, job: Job): Place | undefined | WaitReason {
  if (executorOf(job.role) === undefined) return 'no-executor';
  if (isLate(job, scene.at)) return 'late';
  if (job.notBefore > scene.at) return 'backoff';
  if (job.need === null) return undefined;
  if (scene.slice.active.size >= manifestIn(scene.state).leases.active_max) return 'in-use';
  return placeFor(scene, wishOf(job, job.need));
}

/** A job may pass requests that do not fit: whom it must not pass has a claim. */
function wishOf({ id, by }: Job, { resource, demand }: Need): Wish {
  return { key: jobKey(id), subject: by.subject, resource, demand, isBehindQueue: false };
}

/** Starts a job: its lease, its worker, and the effect that starts that. */
export function startJob(draft: ScheduleDraft, { job, place }: Start): void {
  const { clock, state } = draft;
  const leaseFence = place === undefined ? null : takeLease(draft, job, place);
  const kind = executorOf(job.role) ?? 'heartbeat';
  const parts = startParts(state, {
    kind,
    budget: { ticks: job.ticks, ops: null, ttl_s: Math.ceil(job.budgetMs / 1000) },
    expiresAt: clock.at + job.budgetMs,
    entry: clock.seq,
    at: clock.at,
    spawnedBy: { subject: job.by.subject, ticket: job.by.ticket },
    before: draft.started,
  });
  draft.started += 1;
  draft.changes.push(...parts.changes);
  draft.effects.push(...parts.effects);
  draft.log.push(...parts.log);
  const { worker } = parts;
  add(draft, { kind: 'start', id: job.id, worker: worker.id, leaseFence, at: clock.at }, startedLine(job, worker));
}

/** Grants the lease of a job; its fence. It ends with the job, and is charged until the time of the job is up. */
function takeLease(
  { leases, state, clock }: ScheduleDraft,
  { id, need, priority, by, budgetMs }: Job,
  place: Place,
): number {
  const lease = leaseFor(
    leases.slice,
    {
      id: leaseIdOf(id),
      subject: by.subject,
      demand: need?.demand ?? WHOLE,
      priority,
      ttlS: 0,
      expiresAt: null,
      endsAt: clock.at + budgetMs,
      by,
      job: id,
    },
    { place, at: clock.at, entry: clock.seq, leases: manifestIn(state).leases },
  );
  grantLease(leases, lease);
  return lease.fence;
}
