// What others may ask of the host tickets.

import type { Change, State } from '../../types.ts';
import { endingOf } from './results.ts';
import { hostTicketsChange } from './ticket.ts';

/** Ends what a revoked ticket, or one made from it, queued and no agent has yet. A claim of a revoked agent runs out by itself. */
export function voidHostTickets(
  state: Readonly<State>,
  revoked: { readonly ticketId: string; readonly at: number },
): Change {
  const ending = endingOf(state, revoked.at, { state: 'failed', message: 'the ticket of its writer was revoked' });
  return hostTicketsChange({ kind: 'void', ticketId: revoked.ticketId, ...ending });
}
