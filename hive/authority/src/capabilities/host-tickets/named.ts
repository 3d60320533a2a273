// The ticket that a line is about: its id, key and action must be those of the request, so that nobody speaks about another one.

import { reject } from '../../kernel/decision.ts';
import type { Rejection, State } from '../../types.ts';
import { epochProblem } from '../epochs/queries.ts';
import { hivesProblem, type Way } from './lines.ts';
import { type ActiveTicket, type EndedTicket, type HostTicketsSlice, keyOf } from './ticket.ts';

/** What of a line names a ticket and says how it came. */
export interface NamingLine extends Way {
  readonly id: string;
  readonly idempotency_key: string;
  readonly action: string;
}

/** A ticket that is known, or why a line is about none: `invalid-payload`, `not-found`, `stale` (epoch). */
export function namedTicket(
  { active, ended }: Readonly<HostTicketsSlice>,
  line: NamingLine,
  state: Readonly<State>,
):
  | { readonly kind: 'active'; readonly ticket: ActiveTicket }
  | { readonly kind: 'ended'; readonly ticket: EndedTicket }
  | Rejection {
  const hives = hivesProblem(line);
  if (hives !== undefined) return reject('invalid-payload', hives);
  const key = keyOf(line);
  const open = active.get(key);
  const over = ended.get(key);
  const { idempotencyKey, action } = open ?? over ?? {};
  if (idempotencyKey !== line.idempotency_key || action !== line.action)
    return reject('not-found', `No ticket ${line.id} with this key and action; see /proc/host-tickets/active.`);
  const epoch = epochProblem(state, line.writer_epoch);
  if (epoch !== undefined) return reject(epoch.code, epoch.detail);
  if (open !== undefined) return { kind: 'active', ticket: open };
  return { kind: 'ended', ticket: over as EndedTicket };
}
