// Taking a request back: a line of `/host/tickets/spec` that ends a ticket nobody has begun. Once an agent has claimed it only the agent
// speaks about it; a claim that ran out is nobody's.

import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { type NamingLine, namedTicket } from './named.ts';
import { endedLine, endingOf } from './results.ts';
import { type HostTicketsSlice, hostTicketsChange } from './ticket.ts';

/** Value of `schema` that tells such a line from a request. */
export const CANCEL_SCHEMA = 'host-ticket-cancel/v1';

/** A line that takes a request back, as its schema has it (`spec.ts`). */
export interface CancelLine extends NamingLine {
  readonly schema: typeof CANCEL_SCHEMA;
  readonly reason?: string;
}

/** Refused: `invalid-payload`, `not-found`, `stale` (epoch), `invalid-transition` (it has ended), `busy` (somebody has it). */
export function decideCancel(
  slice: Readonly<HostTicketsSlice>,
  { value, at, who }: ParsedCommand<CancelLine>,
  state: Readonly<State>,
): Decision {
  const named = namedTicket(slice, value, state);
  if (named.kind === 'refuse') return named;
  if (named.kind === 'ended')
    return reject('invalid-transition', `Ticket ${value.id} has ended: ${named.ticket.state}.`);
  const { key, claim } = named.ticket;
  if (claim !== null && at < claim.expiresAt)
    return reject('busy', `${claim.by.subject} has ticket ${value.id} until ${claim.expiresAt}.`);
  const reason = value.reason === undefined ? '' : `: ${value.reason}`;
  const ending = endingOf(state, at, { state: 'failed', message: `cancelled by ${who.subject}${reason}` });
  return accept({
    changes: [hostTicketsChange({ kind: 'end', key, ...ending })],
    log: [`host-ticket cancelled id=${value.id} by=${logField(who.subject)}`, endedLine(value.id, 'failed')],
    reply: { id: value.id, state: 'failed' },
  });
}
