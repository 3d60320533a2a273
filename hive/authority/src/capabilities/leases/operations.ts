// `renew`, `preempt`, `release`, `quota`, `unquota`. A lease that is over at the time of the line is not there any more, also
// when no clock command has said so yet. What belongs to a job ends with the job.

import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { keptOf, leasesChange } from './changes.ts';
import { aboveLimit } from './grant.ts';
import { endedLine, preemptedLine, renewedLine } from './log.ts';
import { hasQuotaRoom, quotaAgainstPreempting } from './quotas.ts';
import { isOver, type Lease, type LeasesSlice, type Quota, quotaKey } from './record.ts';

/** A renewal as a line gives it. */
export interface RenewLine {
  readonly id: string;
  readonly ttl_s: number;
  readonly priority?: number;
  readonly fence?: number;
}

/** Sets time and priority from now on. At the end of its longest life a lease is not renewed (`limit`). */
export function decideRenew(
  slice: Readonly<LeasesSlice>,
  { value, at }: ParsedCommand<RenewLine>,
  state: Readonly<State>,
): Decision {
  const { leases } = manifestIn(state);
  const lease = namedLease(slice, value, at);
  if ('kind' in lease) return lease;
  const above = aboveLimit('ttl_s', value.ttl_s, ['max_ttl_s', leases.max_ttl_s]);
  if (above !== undefined) return above;
  const expiresAt = Math.min(at + value.ttl_s * 1000, lease.endsAt);
  if (expiresAt === lease.expiresAt && expiresAt === lease.endsAt)
    return reject('limit', `Lease ${lease.id} ends at ${lease.endsAt}, its longest life; ask for another.`);
  const { priority = lease.priority, ttl_s: ttlS } = value;
  return accept({
    changes: [leasesChange({ kind: 'renew', id: lease.id, ttlS, priority, seq: slice.nextSeq, expiresAt })],
    log: [renewedLine(lease, expiresAt)],
    reply: { id: lease.id, fence: lease.fence, expires_ms: expiresAt },
  });
}

/** The lease a line is about, or why it cannot be. */
function namedLease(
  { active }: Readonly<LeasesSlice>,
  { id, fence }: { readonly id: string; readonly fence?: number },
  at: number,
): Lease | Rejection {
  const lease = active.get(id);
  if (lease === undefined) return reject('not-found', `No lease ${id}; see /proc/lease/active.`);
  if (isOver(lease, at)) return reject('stale', `Lease ${id} was over at ${lease.expiresAt}.`);
  if (fence !== undefined && fence !== lease.fence)
    return reject('stale', `Lease ${id} has fence ${lease.fence}, not ${fence}.`);
  return lease;
}

/** Takes a lease away, unless the quota of its subject protects it (`exhausted`). */
export function decidePreempt(
  slice: Readonly<LeasesSlice>,
  { value, at }: ParsedCommand<{ readonly id: string; readonly reason: string }>,
  state: Readonly<State>,
): Decision {
  const lease = namedLease(slice, value, at);
  if ('kind' in lease) return lease;
  const against = quotaAgainstPreempting(slice, lease, []);
  if (against !== undefined) {
    const detail = `${lease.subject} lost ${against.max_preemptions} of ${against.resource} lately, its quota.`;
    return reject('exhausted', detail);
  }
  const { id, fence } = lease;
  const kept = keptOf(manifestIn(state).leases);
  return accept({
    changes: [leasesChange({ kind: 'preempt', id, reason: value.reason, seq: slice.nextSeq, at, kept })],
    log: [preemptedLine(lease, value.reason)],
    reply: { id, fence },
  });
}

/** Gives a lease back, or takes a request out of the queue. */
export function decideRelease(
  slice: Readonly<LeasesSlice>,
  { value, at }: ParsedCommand<{ readonly id: string; readonly fence?: number }>,
  state: Readonly<State>,
): Decision {
  const request = slice.waiting.get(value.id);
  const what = request ?? namedLease(slice, value, at);
  if ('kind' in what) return what;
  const reason = request === undefined ? 'released' : 'withdrawn';
  return accept({
    changes: [leasesChange({ kind: 'end', id: what.id, reason, at, kept: keptOf(manifestIn(state).leases) })],
    log: [endedLine(what, reason)],
    reply: { id: what.id },
  });
}

/** Sets a quota; one of the same subject and resource is replaced. What is held already stays. */
export function decideQuota(
  slice: Readonly<LeasesSlice>,
  { value }: ParsedCommand<Quota>,
  state: Readonly<State>,
): Decision {
  const { subject, resource, max_active, max_preemptions } = value;
  const quota = { subject, resource, max_active, max_preemptions };
  if (!hasQuotaRoom(slice, state, quota))
    return reject('buffer-full', `leases.quotas_max is ${manifestIn(state).leases.quotas_max}, and as many are set.`);
  const line = `lease quota subject=${logField(subject)} resource=${resource} max_active=${max_active} max_preemptions=${max_preemptions}`;
  return accept({ changes: [leasesChange({ kind: 'quota', quota })], log: [line] });
}

/** Removes a quota. */
export function decideUnquota(
  slice: Readonly<LeasesSlice>,
  { subject, resource }: Pick<Quota, 'subject' | 'resource'>,
): Decision {
  const key = quotaKey(subject, resource);
  if (!slice.quotas.has(key)) return reject('not-found', `${subject} has no quota on ${resource}.`);
  return accept({
    changes: [leasesChange({ kind: 'unquota', key })],
    log: [`lease quota removed subject=${logField(subject)} resource=${resource}`],
  });
}
