// Fair share: who comes next when several subjects wait. Each subject has a charge: seconds of whole resources it got while
// others waited, divided by its weight; the one with the least is served. This is start-time fair queueing (Goyal, Vin,
// Cheng 1996) with leases for packets: a newcomer starts at the charge of the one served last, so that it can neither
// make up for the past nor be punished for coming late, but not below what it holds already. Time that a lease was
// charged for and that it gave back is credited. When nobody waits all charges are forgotten.

import type { Leases } from '@cohesix/manifest';
import { compareText } from '../../kernel/plain.ts';
import type { Lease, LeasesSlice } from './record.ts';

/** Subjects with a charge that are remembered although they wait for nothing. */
const CHARGES_MAX = 1024;

/** What a second costs a subject: thousandths of a resource by its weight, at least 1. */
export function rateOf({ shares }: Leases, subject: string, thousandths: number): number {
  const weight = shares.find((share) => share.subject === subject)?.weight ?? 1;
  return Math.ceil(thousandths / weight);
}

/** What a subject was charged. */
export function chargeOf({ charges }: Readonly<LeasesSlice>, subject: string): number {
  return charges.get(subject) ?? 0;
}

/** Until when a lease is charged: its expiry, or when the time of its job is up. */
function chargedUntil({ expiresAt, endsAt }: Lease): number {
  return expiresAt ?? endsAt;
}

function cost(rate: number, fromMs: number, toMs: number): number {
  return rate * Math.ceil(Math.max(0, toMs - fromMs) / 1000);
}

/** A subject begins to wait at `at`. Writes into the slice, as all below do. */
export function openCharge(slice: LeasesSlice, subject: string, at: number): void {
  if (slice.charges.has(subject)) return;
  let holds = 0;
  for (const lease of slice.active.values()) {
    if (lease.subject === subject) holds += cost(lease.rate, at, chargedUntil(lease));
  }
  slice.charges.set(subject, Math.max(slice.served, holds));
}

/** A lease was granted; `hasWaited`: from the queue. */
export function chargeGrant(slice: LeasesSlice, lease: Lease, hasWaited: boolean): void {
  if (hasWaited) slice.served = Math.max(slice.served, chargeOf(slice, lease.subject));
  addCharge(slice, lease.subject, cost(lease.rate, lease.grantedAt, chargedUntil(lease)));
}

/** A lease that was charged until one moment now is until another. */
export function chargeChange(slice: LeasesSlice, lease: Lease, to: number): void {
  const from = chargedUntil(lease);
  addCharge(slice, lease.subject, cost(lease.rate, from, to) - cost(lease.rate, to, from));
}

function addCharge({ charges }: LeasesSlice, subject: string, amount: number): void {
  const now = charges.get(subject);
  if (now !== undefined) charges.set(subject, Math.max(0, now + amount));
}

/** Forgets charges that decide nothing, and the least of those who do not wait when there are too many. */
export function settleCharges(slice: LeasesSlice): void {
  if (slice.waiting.size === 0) {
    slice.charges.clear();
    slice.served = 0;
    return;
  }
  if (slice.charges.size <= CHARGES_MAX) return;
  const waiting = new Set([...slice.waiting.values()].map(({ subject }) => subject));
  const others = [...slice.charges].filter(([subject]) => !waiting.has(subject));
  others.sort(([nameA, a], [nameB, b]) => a - b || compareText(nameA, nameB));
  for (const [subject] of others.slice(0, slice.charges.size - CHARGES_MAX)) slice.charges.delete(subject);
}
