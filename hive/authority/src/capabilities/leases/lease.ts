// From a line to a request, and from a request to a lease.

import type { Leases } from '@cohesix/manifest';
import type { ParsedCommand, Principal } from '../../types.ts';
import type { Wish } from './placement.ts';
import { type Granter, type Lease, type LeasesSlice, type Request, requestKey } from './record.ts';
import { demandOf, type Place, permille } from './resource.ts';
import { rateOf } from './share.ts';

/** A grant as a line gives it. */
export interface GrantLine {
  readonly id: string;
  readonly subject: string;
  readonly resource: string;
  readonly ttl_s: number;
  readonly priority?: number;
  readonly mem_mb?: number;
  readonly streams?: number;
  readonly max_total_s?: number;
  readonly wait?: boolean;
  readonly wait_s?: number;
  readonly preempt?: boolean;
}

/** The request that a line makes, whether it waits or not. */
export function requestOf(
  { value, at, seq: entry, who }: ParsedCommand<GrantLine>,
  { nextSeq }: Readonly<LeasesSlice>,
  leases: Leases,
): Request {
  return {
    id: value.id,
    subject: value.subject,
    resource: value.resource,
    demand: demandOf(value),
    priority: value.priority ?? 0,
    ttlS: value.ttl_s,
    totalS: value.max_total_s ?? leases.max_total_s,
    seq: nextSeq,
    entry,
    askedAt: at,
    waitsUntil: at + (value.wait_s ?? leases.max_wait_s) * 1000,
    by: granterOf(who),
  };
}

/** What is kept of who granted or asked. */
export function granterOf({ subject, ticket, ticketIds }: Principal): Granter {
  return { subject, ticket, ticketIds: [...ticketIds] };
}

/** What a request wishes; `isBehindQueue` as in `Wish`. */
export function wishOf({ id, subject, resource, demand }: Request, isBehindQueue: boolean): Wish {
  return { key: requestKey(id), subject, resource, demand, isBehindQueue };
}

/** Where and when a lease is granted. */
export interface Granting {
  readonly place: Place;
  readonly at: number;
  /** Journal entry of the grant. */
  readonly entry: number;
}

/** What a lease is about, before it has a place, a fence and a price. */
export type Terms = Pick<
  Lease,
  'id' | 'subject' | 'demand' | 'priority' | 'ttlS' | 'expiresAt' | 'endsAt' | 'by' | 'job'
>;

/** The terms of a request that is met at `at`. */
export function termsOf({ id, subject, demand, priority, ttlS, totalS, by }: Request, at: number): Terms {
  return {
    id,
    subject,
    demand,
    priority,
    ttlS,
    expiresAt: at + ttlS * 1000,
    endsAt: at + totalS * 1000,
    by,
    job: null,
  };
}

/** The next lease of a slice. */
export function leaseFor(
  { nextSeq: seq, nextFence: fence }: Readonly<LeasesSlice>,
  terms: Terms,
  { place, at: grantedAt, entry, leases }: Granting & { readonly leases: Leases },
): Lease {
  const rate = rateOf(leases, terms.subject, permille(place, terms.demand));
  return { ...terms, resource: place.resource, seq, fence, entry, grantedAt, rate };
}
