// What others may ask about the schedule.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { Change, State } from '../../types.ts';
import { holds } from '../leases/queries.ts';
import { type Claim, jobKey, leasesSlice } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { liveWorker } from '../workers/queries.ts';
import { scheduleChange } from './changes.ts';
import { executorOf, isAged } from './order.ts';
import { isLate, leaseIdOf, scheduleSlice } from './record.ts';

/** What jobs that waited too long claim of the resources. */
export function jobClaims(state: Readonly<State>, at: number): Claim[] {
  const { jobs, running } = scheduleSlice(state);
  if (jobs.size === running.size) return [];
  const { schedule } = manifestIn(state);
  return [...jobs.values()].flatMap((job) => {
    const { id, need, entry, by, notBefore } = job;
    if (need === null || job.state === 'running' || executorOf(job.role) === undefined) return [];
    if (!isAged(job, schedule, at) || isLate(job, at) || notBefore > at) return [];
    return [{ key: jobKey(id), subject: by.subject, ...need, entry }];
  });
}

/** What a revocation changes here: jobs that the ticket, or one made from it, queued do not start any more. */
export function voidJobs(state: Readonly<State>, revoked: { readonly ticketId: string; readonly at: number }): Change {
  return scheduleChange({ kind: 'revoke', ...revoked, kept: manifestIn(state).schedule.history_max });
}

/** A start of a worker, as its effect names it. */
export interface StartOrder {
  readonly worker: string;
  readonly fence: number;
  readonly epoch: number;
}

/**
 * Whether a start may be carried out now, asked by whoever carries it out, in the state that is durable at that moment: it is the
 * newest of a worker that was not stopped, and where the worker does a job under a lease, the lease is held under the very
 * fence the job was given. Refused: `stale`.
 */
export function checkStart(state: Readonly<State>, { worker, fence, epoch }: StartOrder): Result<void> {
  const record = liveWorker(state, worker);
  if (record === undefined || record.fence !== fence || record.epoch !== epoch)
    return refuse('stale', `${worker} is not to be started under fence ${fence} any more.`);
  const { jobs, running } = scheduleSlice(state);
  const job = jobs.get(running.get(worker) ?? '');
  if (job === undefined || job.need === null) return ok(undefined);
  const { resource = '' } = leasesSlice(state).active.get(leaseIdOf(job.id)) ?? {};
  const isHeld = holds(state, { resource, subject: job.by.subject, fence: job.leaseFence ?? 0 });
  return isHeld ? ok(undefined) : refuse('stale', `Job ${job.id} has lost its lease of fence ${job.leaseFence}.`);
}
