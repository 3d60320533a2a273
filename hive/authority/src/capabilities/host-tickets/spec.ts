// `/host/tickets/spec`: asking for an action, and taking that back (`cancel.ts`). A repeat of a known ticket is answered with what became of the first, and nothing
// is done again; how it came (hop, correlation) and for which epoch may differ, what is asked may not.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { parseJson } from '../../kernel/json.ts';
import { canonical } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { epochProblem } from '../epochs/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { CANCEL_SCHEMA, type CancelLine, decideCancel } from './cancel.ts';
import { hivesProblem, identity, TICKET_BYTES_MAX, way } from './lines.ts';
import {
  type ActiveTicket,
  type EndedTicket,
  type HostTicketsSlice,
  hostTicketsChange,
  keyOf,
  type Request,
} from './ticket.ts';

const specLine = Type.Object(
  {
    schema: Type.Literal('host-ticket/v1'),
    ...identity,
    target: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'What to do it to.' })),
    args: Type.Optional(
      Type.Object({}, { additionalProperties: true, description: 'For the agent; the hive does not look into it.' }),
    ),
    expires_unix_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'From then on, by the time of the hive, it is not begun.',
      }),
    ),
    ...way,
  },
  { additionalProperties: false, description: 'Asks for an action, once.' },
);

const cancelLine = Type.Object(
  {
    schema: Type.Literal(CANCEL_SCHEMA),
    ...identity,
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Why; kept with the ticket.' })),
    ...way,
  },
  {
    additionalProperties: false,
    description: 'Takes a request back that nobody has begun; the ticket has `failed` then.',
  },
);

type SpecLine = Static<typeof specLine>;

const EXAMPLE = { schema: 'host-ticket/v1', id: 't1', idempotency_key: 'k1', action: 'systemd.restart' };

const control: Control<HostTicketsSlice, SpecLine | CancelLine> = {
  pattern: '/host/tickets/spec',
  summary:
    'Asks host agents for an action, once, and takes that back. Each line is decided for itself; an append with one that is refused leaves none.',
  schema: Type.Union([specLine, cancelLine]),
  writers: ['queen', 'system'],
  // What is not wanted any more can be taken back in every state of the node.
  gate: ({ schema }) => (schema === CANCEL_SCHEMA ? undefined : 'host-publish'),
  lineBytesMax: TICKET_BYTES_MAX,
  examples: [
    JSON.stringify({ ...EXAMPLE, target: '/host/systemd/ssh.service', args: { mode: 'replace' } }),
    JSON.stringify({
      ...EXAMPLE,
      id: 't2',
      action: 'k8s.drain',
      expires_unix_ms: 1_790_000_000_000,
      source_hive: 'hive-a',
      target_hive: 'hive-b',
      relay_hop: 1,
      relay_correlation_id: 't2:k1:hive-a:hive-b',
    }),
    JSON.stringify({ ...EXAMPLE, schema: CANCEL_SCHEMA, reason: 'not needed any more' }),
  ],
  decide(slice, command, state) {
    const { value } = command;
    if (value.schema === CANCEL_SCHEMA) return decideCancel(slice, { ...command, value }, state);
    return decideSpec(slice, { ...command, value }, state);
  },
};

/** The control file. */
export const specControl: Control<HostTicketsSlice, never> = control;

function decideSpec(
  slice: Readonly<HostTicketsSlice>,
  command: ParsedCommand<SpecLine>,
  state: Readonly<State>,
): Decision {
  const { value, at } = command;
  const hives = hivesProblem(value);
  if (hives !== undefined) return reject('invalid-payload', hives);
  const key = keyOf(value);
  const known = slice.active.get(key) ?? slice.ended.get(key);
  if (known !== undefined) return decideRepeat(known, value);
  const epoch = epochProblem(state, value.writer_epoch);
  if (epoch !== undefined) return reject(epoch.code, epoch.detail);
  const { actions, active_max: max } = manifestIn(state).host_tickets;
  if (!actions.includes(value.action))
    return reject('unsupported', `$.action: ${JSON.stringify(value.action)} is not among host_tickets.actions.`);
  if (value.expires_unix_ms !== undefined && value.expires_unix_ms <= at)
    return reject('expired', `Ticket ${value.id} expired ${at - value.expires_unix_ms} ms ago.`);
  if (slice.active.size >= max)
    return reject('buffer-full', `host_tickets.active_max is ${max} and as many wait or run; let some end.`);
  return decidePut(key, command);
}

function decidePut(key: string, { value, line, seq, who }: ParsedCommand<SpecLine>): Decision {
  const request: Request = {
    key,
    id: value.id,
    idempotencyKey: value.idempotency_key,
    action: value.action,
    line,
    expiresAt: value.expires_unix_ms ?? null,
    entry: seq,
    by: partyOf(who),
  };
  return accept({
    changes: [hostTicketsChange({ kind: 'put', request })],
    log: [`host-ticket queued id=${value.id} action=${value.action} by=${logField(who.subject)}`],
    reply: { id: value.id, state: 'queued', entry: seq },
  });
}

function decideRepeat(known: ActiveTicket | EndedTicket, value: SpecLine): Decision {
  const first = parseJson(known.line);
  if (!first.ok || bodyOf(first.value as SpecLine) !== bodyOf(value))
    return reject('exists', `Ticket ${value.id} of entry ${known.entry} has another key or asks for something else.`);
  return accept({
    changes: [hostTicketsChange({ kind: 'duplicate' })],
    log: [`host-ticket duplicate id=${value.id} entry=${known.entry} state=${known.state}`],
    reply: { id: value.id, state: known.state, entry: known.entry, duplicate: true },
  });
}

/** What is asked, as one text for one meaning. */
function bodyOf({ relay_hop: _hop, relay_correlation_id: _id, writer_epoch: _epoch, ...asked }: SpecLine): string {
  return JSON.stringify(canonical(asked));
}
