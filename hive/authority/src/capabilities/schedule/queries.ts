// What others may ask about the schedule.

import type { Change, State } from '../../types.ts';
import { type Claim, jobKey } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { scheduleChange } from './changes.ts';
import { executorOf, isAged } from './order.ts';
import { isLate, scheduleSlice } from './record.ts';

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
