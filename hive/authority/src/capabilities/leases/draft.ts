// Several changes of the leases within one command, each decided in the light of those before it. A draft is the slice
// until something is added; then it has tables of its own, whose entries it shares with the state.

import type { Leases } from '@cohesix/manifest';
import type { Change } from '../../types.ts';
import { evolveLeases, type Kept, keptOf, type LeasesChange, leasesChange } from './changes.ts';
import { endedLine, grantedLine, preemptedLine } from './log.ts';
import type { EndReason, Lease, LeasesSlice, Request } from './record.ts';

/** The leases as they will be, and what makes them so. */
export interface LeasesDraft {
  /** Read only. */
  slice: Readonly<LeasesSlice>;
  readonly changes: Change[];
  readonly log: string[];
}

/** A draft in which nothing has changed yet. */
export function draftOf(slice: Readonly<LeasesSlice>): LeasesDraft {
  return { slice, changes: [], log: [] };
}

function add(draft: LeasesDraft, change: LeasesChange, line: string): void {
  if (draft.changes.length === 0) draft.slice = copyOf(draft.slice);
  evolveLeases(draft.slice as LeasesSlice, change);
  draft.changes.push(leasesChange(change));
  draft.log.push(line);
}

function copyOf(slice: Readonly<LeasesSlice>): LeasesSlice {
  return {
    ...slice,
    active: new Map(slice.active),
    waiting: new Map(slice.waiting),
    held: new Map(slice.held),
    preemptions: [...slice.preemptions],
    history: [...slice.history],
    quotas: new Map(slice.quotas),
    charges: new Map(slice.charges),
  };
}

/** Grants a lease. */
export function grantLease(draft: LeasesDraft, lease: Lease): void {
  add(draft, { kind: 'grant', lease }, grantedLine(lease));
}

/** Ends a lease or a request. */
export function endOf(
  draft: LeasesDraft,
  what: Lease | Request,
  { reason, at, kept }: { readonly reason: EndReason; readonly at: number; readonly kept: Kept },
): void {
  add(draft, { kind: 'end', id: what.id, reason, at, kept }, endedLine(what, reason));
}

/** Takes a lease away. */
export function preemptLease(
  draft: LeasesDraft,
  lease: Lease,
  { reason, at, leases }: { readonly reason: string; readonly at: number; readonly leases: Leases },
): void {
  const { nextSeq: seq } = draft.slice;
  const change: LeasesChange = { kind: 'preempt', id: lease.id, reason, seq, at, kept: keptOf(leases) };
  add(draft, change, preemptedLine(lease, reason));
}
