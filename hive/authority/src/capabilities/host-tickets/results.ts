// `/host/tickets/status` and `/host/tickets/deadletter`: what host agents say. Only who holds the claim speaks about a ticket, and
// only while it holds: the writer's subject is the claimer's, and a fence, where the line has one, is that of the claim. A line
// said twice is answered and does nothing.
//
// Writers are queens, as in the source: a role for agents would let every worker's ticket in. The ticket of an agent has role
// queen and the scopes `/host/tickets:r`, `/host/tickets/status:rw`, `/host/tickets/deadletter:rw`.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { identity, TICKET_BYTES_MAX, way } from './lines.ts';
import { namedTicket } from './named.ts';
import {
  type ActiveTicket,
  type Claim,
  type EndedTicket,
  type Ending,
  type EndState,
  type HostTicketsSlice,
  hostTicketsChange,
  isOver,
} from './ticket.ts';

const result = { schema: Type.Literal('host-ticket-result/v1'), ...identity };
const report = {
  message: Type.Optional(Type.String({ minLength: 1, description: 'For people.' })),
  fence: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Number of the claim (`/proc/host-tickets/active`); an earlier one is `stale`.',
    }),
  ),
  ...way,
};

const statusLine = Type.Object(
  {
    ...result,
    state: Type.Union([Type.Literal('claimed'), Type.Literal('running'), Type.Literal('succeeded')]),
    claim_ttl_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: 'Seconds the claim holds from now; default `host_tickets.claim_ttl_s`.',
      }),
    ),
    ...report,
  },
  {
    additionalProperties: false,
    description: 'Claims a ticket, renews the claim, says that it runs or that it is done.',
  },
);

const deadletterLine = Type.Object(
  { ...result, state: Type.Union([Type.Literal('failed'), Type.Literal('expired')]), ...report },
  { additionalProperties: false, description: 'Says that a ticket was not done and will not be.' },
);

type ResultLine = Static<typeof statusLine> | Static<typeof deadletterLine>;

const EXAMPLE = { schema: 'host-ticket-result/v1', id: 't1', idempotency_key: 'k1', action: 'systemd.restart' };
const AGENT =
  'A ticket for an agent: role queen, scopes `/host/tickets:r`, and `:rw` on `status` and `deadletter` below it.';

const status: Control<HostTicketsSlice, ResultLine> = {
  pattern: '/host/tickets/status',
  summary: `Claims a host ticket and says how it goes. ${AGENT}`,
  schema: statusLine,
  writers: ['queen', 'system'],
  // Taking up work is publishing; the word about work that is done is never refused, or it would be done again.
  gate: ({ state }) => (state === 'claimed' ? 'host-publish' : undefined),
  lineBytesMax: TICKET_BYTES_MAX,
  examples: [
    JSON.stringify({ ...EXAMPLE, state: 'claimed', claim_ttl_s: 30 }),
    JSON.stringify({ ...EXAMPLE, state: 'running', fence: 1 }),
    JSON.stringify({ ...EXAMPLE, state: 'succeeded', message: 'active' }),
  ],
  decide: decideResult,
};

const deadletter: Control<HostTicketsSlice, ResultLine> = {
  pattern: '/host/tickets/deadletter',
  summary: `Gives a host ticket up. ${AGENT}`,
  schema: deadletterLine,
  writers: ['queen', 'system'],
  lineBytesMax: TICKET_BYTES_MAX,
  examples: [
    JSON.stringify({ ...EXAMPLE, state: 'failed', message: 'no such unit', fence: 1 }),
    JSON.stringify({ ...EXAMPLE, state: 'expired' }),
  ],
  decide: decideResult,
};

/** The control files. */
export const statusControl: Control<HostTicketsSlice, never> = status;
export const deadletterControl: Control<HostTicketsSlice, never> = deadletter;

type ResultCommand = ParsedCommand<ResultLine>;

function decideResult(slice: Readonly<HostTicketsSlice>, command: ResultCommand, state: Readonly<State>): Decision {
  const named = namedTicket(slice, command.value, state);
  if (named.kind === 'refuse') return named;
  if (named.kind === 'ended') return decideLate(named.ticket, command);
  const { ticket } = named;
  return ticket.claim === null
    ? decideUnclaimed(slice, ticket, { command, state })
    : decideClaimed(ticket, ticket.claim, { command, state });
}

/** The ticket has ended: its last holder may say so again. */
function decideLate({ id, state, last }: EndedTicket, { value, who }: ResultCommand): Decision {
  if (last !== null && value.fence !== undefined && value.fence !== last.fence)
    return staleFence(value.fence, last.fence);
  if (last?.by.subject !== who.subject || value.state !== state)
    return reject('invalid-transition', `Ticket ${id} has ended: ${state}.`);
  return accept({ changes: [hostTicketsChange({ kind: 'duplicate' })], reply: { id, state, duplicate: true } });
}

interface Context {
  readonly command: ResultCommand;
  readonly state: Readonly<State>;
}

function decideUnclaimed({ nextFence }: Readonly<HostTicketsSlice>, ticket: ActiveTicket, context: Context): Decision {
  const { value, at, who } = context.command;
  if (value.fence !== undefined)
    return reject('stale', `Nobody has ticket ${ticket.id} now; the claim of fence ${value.fence} is over.`);
  if (value.state !== 'claimed') return reject('invalid-transition', `Ticket ${ticket.id} is queued; claim it first.`);
  if (isOver(ticket, at)) return reject('expired', `Ticket ${ticket.id} has expired.`);
  const until = claimEnd(context);
  if (!until.ok) return until.refused;
  return accept({
    changes: [hostTicketsChange({ kind: 'claim', key: ticket.key, by: partyOf(who), expiresAt: until.at })],
    log: [`host-ticket claimed id=${ticket.id} fence=${nextFence} by=${logField(who.subject)}`],
    reply: { id: ticket.id, state: 'claimed', fence: nextFence, claim_expires_ms: until.at },
  });
}

/** When a claim or its renewal ends. */
function claimEnd({
  command: { value, at },
  state,
}: Context): { readonly ok: true; readonly at: number } | { readonly ok: false; readonly refused: Decision } {
  const { claim_ttl_s: usual, claim_ttl_max_s: max } = manifestIn(state).host_tickets;
  const ttl = ('claim_ttl_s' in value ? value.claim_ttl_s : undefined) ?? usual;
  if (ttl <= max) return { ok: true, at: at + ttl * 1000 };
  return {
    ok: false,
    refused: reject('invalid-payload', `$.claim_ttl_s: is ${ttl}; host_tickets.claim_ttl_max_s is ${max}.`),
  };
}

/** A claim that has run out holds no more, also before the clock line that says so. */
function decideClaimed(ticket: ActiveTicket, claim: Claim, context: Context): Decision {
  const { value, at, who } = context.command;
  const { id } = ticket;
  if (value.fence !== undefined && value.fence !== claim.fence) return staleFence(value.fence, claim.fence);
  const isHolder = claim.by.subject === who.subject;
  if (claim.expiresAt <= at) {
    if (value.state === 'claimed' && value.fence === undefined)
      return reject('busy', `The claim of ticket ${id} has just run out; try again.`);
    return reject('stale', `The claim of ticket ${id} ran out ${at - claim.expiresAt} ms ago.`);
  }
  if (!isHolder) {
    const code = value.state === 'claimed' ? 'busy' : 'denied';
    return reject(code, `${claim.by.subject} has ticket ${id} until ${claim.expiresAt}.`);
  }
  if (value.state === 'claimed' || value.state === 'running') return decideRenew(ticket, context);
  return decideEnd(ticket, value.state, context);
}

function decideRenew(ticket: ActiveTicket, context: Context): Decision {
  const { state: to, message = null } = context.command.value;
  if (to !== 'running' && ticket.state === 'running')
    return reject('invalid-transition', `Ticket ${ticket.id} is running; say \`running\` again to keep it.`);
  if (isOver(ticket, context.command.at) && ticket.state !== 'running')
    return reject('expired', `Ticket ${ticket.id} has expired and is not to be begun.`);
  const until = claimEnd(context);
  if (!until.ok) return until.refused;
  const state = to === 'running' ? 'running' : 'claimed';
  return accept({
    changes: [hostTicketsChange({ kind: 'renew', key: ticket.key, state, expiresAt: until.at, message })],
    log: state === ticket.state ? [] : [`host-ticket running id=${ticket.id} fence=${ticket.claim?.fence}`],
    reply: { id: ticket.id, state, fence: ticket.claim?.fence ?? 0, claim_expires_ms: until.at },
  });
}

function decideEnd(ticket: ActiveTicket, to: EndState, { command, state }: Context): Decision {
  const { at, value } = command;
  if (to === 'expired' && !isOver(ticket, at))
    return reject('invalid-transition', `Ticket ${ticket.id} has not expired by the time of the hive.`);
  return accept({
    changes: [
      hostTicketsChange({
        kind: 'end',
        key: ticket.key,
        ...endingOf(state, at, { state: to, message: value.message ?? null }),
      }),
    ],
    log: [endedLine(ticket.id, to)],
    reply: { id: ticket.id, state: to },
  });
}

function staleFence(given: number, now: number): Decision {
  return reject('stale', `The claim of fence ${given} is over; the last is ${now}.`);
}

/** An end as the manifest wants it remembered. */
export function endingOf(state: Readonly<State>, at: number, how: Pick<Ending, 'state' | 'message'>): Ending {
  const { ended_max: max, ended_ttl_s: ttl } = manifestIn(state).host_tickets;
  return { ...how, forgetAt: at + ttl * 1000, max };
}

/** The line in the log of the hive for a ticket that ended. */
export function endedLine(id: string, state: EndState): string {
  return `host-ticket ended id=${id} state=${state}`;
}
