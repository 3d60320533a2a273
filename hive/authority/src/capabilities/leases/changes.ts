// What can change about leases, and how it is applied. Entries are replaced, never written into (see `draft.ts`). How much
// is remembered travels with the change, because applying one sees no manifest.

import { assert, unreachable } from '@cohesix/check';
import type { Leases } from '@cohesix/manifest';
import type { Change } from '../../types.ts';
import {
  type EndedLease,
  type EndReason,
  type Lease,
  type LeasesSlice,
  type Preemption,
  type Quota,
  quotaKey,
  type Request,
} from './record.ts';
import { chargeChange, chargeGrant, openCharge, settleCharges } from './share.ts';

/** How many ended leases and preemptions are remembered. */
export interface Kept {
  readonly history: number;
  readonly preemptions: number;
}

/** A change of the leases. */
export type LeasesChange =
  | { readonly kind: 'grant'; readonly lease: Lease }
  | { readonly kind: 'wait'; readonly request: Request }
  | ({ readonly kind: 'renew'; readonly id: string } & Renewal)
  | { readonly kind: 'end'; readonly id: string; readonly reason: EndReason; readonly at: number; readonly kept: Kept }
  | {
      readonly kind: 'preempt';
      readonly id: string;
      readonly reason: string;
      readonly seq: number;
      readonly at: number;
      readonly kept: Kept;
    }
  | { readonly kind: 'revoke'; readonly ticketId: string; readonly at: number; readonly kept: Kept }
  | { readonly kind: 'quota'; readonly quota: Quota }
  | { readonly kind: 'unquota'; readonly key: string };

/** What a renewal changes of a lease. */
export type Renewal = Pick<Lease, 'ttlS' | 'priority' | 'seq'> & { readonly expiresAt: number };

/** Wraps a change with its owner. */
export function leasesChange(change: LeasesChange): Change {
  return { capability: 'leases', change };
}

/** How much a manifest wants remembered. */
export function keptOf({ history_max: history, preemptions_max: preemptions }: Leases): Kept {
  return { history, preemptions };
}

/** Applies a change in place. */
export function evolveLeases(slice: LeasesSlice, change: LeasesChange): void {
  apply(slice, change);
  settleCharges(slice);
}

function apply(slice: LeasesSlice, change: LeasesChange): void {
  switch (change.kind) {
    case 'grant':
      return grant(slice, change.lease);
    case 'wait':
      slice.waiting.set(change.request.id, change.request);
      slice.nextSeq = change.request.seq + 1;
      return openCharge(slice, change.request.subject, change.request.askedAt);
    case 'renew':
      return renew(slice, change);
    case 'end':
      return end(slice, change);
    case 'preempt':
      return preempt(slice, change);
    case 'revoke':
      return revoke(slice, change);
    case 'quota':
      slice.quotas.set(quotaKey(change.quota.subject, change.quota.resource), change.quota);
      return;
    case 'unquota':
      slice.quotas.delete(change.key);
      return;
    default:
      unreachable(change);
  }
}

function grant(slice: LeasesSlice, lease: Lease): void {
  assert(!slice.active.has(lease.id), `lease ${lease.id} is held`);
  const hasWaited = slice.waiting.delete(lease.id);
  slice.active.set(lease.id, lease);
  slice.held.set(lease.resource, [...(slice.held.get(lease.resource) ?? []), lease.id]);
  slice.nextFence = lease.fence + 1;
  slice.nextSeq = lease.seq + 1;
  chargeGrant(slice, lease, hasWaited);
}

function renew(slice: LeasesSlice, { id, ttlS, priority, seq, expiresAt }: { readonly id: string } & Renewal): void {
  const lease = leaseOf(slice, id);
  chargeChange(slice, lease, expiresAt);
  slice.active.set(id, { ...lease, ttlS, priority, seq, expiresAt });
  slice.nextSeq = seq + 1;
}

interface End {
  readonly id: string;
  readonly reason: EndReason;
  readonly at: number;
  readonly kept: Kept;
}

/** Ends a lease or a request. */
function end(slice: LeasesSlice, { id, reason, at, kept }: End): void {
  const request = slice.waiting.get(id);
  if (request === undefined) {
    const lease = takeAway(slice, id, at);
    return remember(slice, endedOf(lease, reason, at), kept);
  }
  slice.waiting.delete(id);
  remember(slice, endedOf(request, reason, at), kept);
}

function preempt(
  slice: LeasesSlice,
  change: Omit<Preemption, 'subject' | 'resource' | 'fence'> & Pick<End, 'kept'>,
): void {
  const { id, reason, seq, at, kept } = change;
  const lease = takeAway(slice, id, at);
  const { subject, resource, fence } = lease;
  remember(slice, endedOf(lease, 'preempted', at), kept);
  slice.preemptions.push({ id, subject, resource, fence, reason, seq, at });
  slice.nextSeq = seq + 1;
  slice.droppedPreemptions += cutTo(slice.preemptions, kept.preemptions);
}

/** What a revoked ticket was granted or waits for ends. The leases of jobs end with their jobs. */
function revoke(slice: LeasesSlice, revoked: { readonly ticketId: string } & Pick<End, 'at' | 'kept'>): void {
  const { ticketId, at, kept } = revoked;
  const all: (Lease | Request)[] = [];
  for (const table of [slice.active, slice.waiting])
    for (const what of table.values()) if (what.by.ticketIds.includes(ticketId)) all.push(what);
  for (const what of all.sort((left, right) => left.seq - right.seq)) {
    if ('job' in what && what.job !== null) continue;
    end(slice, { id: what.id, reason: 'revoked', at, kept });
  }
}

function takeAway(slice: LeasesSlice, id: string, at: number): Lease {
  const lease = leaseOf(slice, id);
  const others = (slice.held.get(lease.resource) ?? []).filter((other) => other !== id);
  if (others.length === 0) slice.held.delete(lease.resource);
  else slice.held.set(lease.resource, others);
  slice.active.delete(id);
  chargeChange(slice, lease, at);
  return lease;
}

function endedOf(what: Lease | Request, reason: EndReason, at: number): EndedLease {
  const { id, subject, resource, demand, ttlS, priority } = what;
  const { fence, grantedAt } = 'fence' in what ? what : { fence: null, grantedAt: null };
  return { id, subject, resource, fence, grantedAt, demand, ttlS, priority, endedAt: at, reason };
}

function remember(slice: LeasesSlice, ended: EndedLease, { history }: Kept): void {
  slice.history.push(ended);
  slice.droppedHistory += cutTo(slice.history, history);
}

/** Drops the oldest so that `max` are left; how many. */
function cutTo(list: unknown[], max: number): number {
  return list.splice(0, Math.max(0, list.length - max)).length;
}

function leaseOf(slice: LeasesSlice, id: string): Lease {
  const lease = slice.active.get(id);
  assert(lease !== undefined, `no lease ${id}`);
  return lease;
}
