// What others may ask about leases.

import type { Change, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { keptOf, leasesChange } from './changes.ts';
import { isOver, leasesOn, leasesSlice } from './record.ts';

/** What an effect runs under: the resource it touches, for whom, and the fence of the lease that let it. */
export interface Holding {
  readonly resource: string;
  readonly subject: string;
  readonly fence: number;
}

/**
 * Whether a lease holds: of this resource, this subject and this fence. With `at` (ms) also whether its time is not up,
 * when no clock command has said so yet. Whoever lost a lease has an older fence, and is never right again.
 */
export function holds(state: Readonly<State>, { resource, subject, fence }: Holding, at?: number): boolean {
  return leasesOn(leasesSlice(state), resource).some(
    (lease) => lease.fence === fence && lease.subject === subject && (at === undefined || !isOver(lease, at)),
  );
}

/** How many leases are held: what blocks a drain. */
export function outstandingLeases(state: Readonly<State>): number {
  return leasesSlice(state).active.size;
}

/** What a revocation changes here: leases that the ticket, or one made from it, granted end, and its requests. */
export function voidLeases(
  state: Readonly<State>,
  revoked: { readonly ticketId: string; readonly at: number },
): Change {
  return leasesChange({ kind: 'revoke', ...revoked, kept: keptOf(manifestIn(state).leases) });
}
