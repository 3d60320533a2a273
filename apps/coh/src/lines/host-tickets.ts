// The lines of `/host/tickets/*` and of `/queen/export/ctl` as commands: `coh host-ticket`, because a ticket alone is who may do
// what.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form, Fresh, Values } from './form.ts';

const LOOK = [`The host tickets: ${COMMAND} host-ticket list`];

const ADVICE: Advice = {
  'not-found': LOOK,
  exists: [`What became of the first: ${COMMAND} host-ticket show ID`, 'For another request take another --key.'],
  busy: LOOK,
  denied: [...LOOK, `Who you are to the hive: ${COMMAND} whoami`],
  stale: [...LOOK, `The writer epoch: ${COMMAND} epoch`],
  expired: ['Its time is over; ask again with a later --expires.'],
  'invalid-transition': [`How it stands: ${COMMAND} host-ticket show ID`],
  unsupported: [`Actions are [host_tickets] of: ${COMMAND} manifest show`],
  'buffer-full': LOOK,
  'invalid-payload': [`How it is written: ${COMMAND} host-ticket --help`],
};

const epoch: Field = {
  name: 'writer_epoch',
  kind: 'number',
  flags: '--epoch <number>',
  about: 'only if this is the writer epoch',
};

const way: readonly Field[] = [
  { name: 'source_hive', kind: 'text', flags: '--from <hive>', about: 'hive that asks; with --at or not at all' },
  { name: 'target_hive', kind: 'text', flags: '--at <hive>', about: 'hive that is asked; with --from or not at all' },
  { name: 'relay_hop', kind: 'number', flags: '--hop <number>', about: 'hives it came through' },
  {
    name: 'relay_correlation_id',
    kind: 'text',
    flags: '--correlation <name>',
    about: 'what the relays call it',
  },
  epoch,
];

/** Asks for an action, once: with only one of id and key that is both, so that a repeat is the same request. */
export const HOST_TICKET_SEND: Form = {
  path: '/host/tickets/spec',
  fixed: { schema: 'host-ticket/v1' },
  fields: [
    { name: 'id', kind: 'text', flags: '--id <name>', about: 'name of the host ticket; default: its key' },
    {
      name: 'idempotency_key',
      kind: 'text',
      flags: '--key <name>',
      about: 'the same for every repeat of the request; default: its id',
    },
    { name: 'action', kind: 'text', about: 'what to do: systemd.restart' },
    { name: 'target', kind: 'text', flags: '--target <text>', about: 'what to do it to' },
    { name: 'args', kind: 'pairs', flags: '--arg <key=value>', about: 'for the agent; repeatable' },
    {
      name: 'expires_unix_ms',
      kind: 'moment',
      flags: '--expires <moment>',
      about: 'from then on it is not begun: 10m, or 2026-01-31T08:00:00Z',
    },
    ...way,
  ],
  complete: completeOrder,
  done: 'sent',
  failed: 'cannot send',
  advice: ADVICE,
};

function completeOrder(values: Values, fresh: Fresh): Values {
  const id = values.id ?? values.idempotency_key ?? fresh.id('host-ticket');
  return { ...values, id, idempotency_key: values.idempotency_key ?? id };
}

const ticket: Field = { name: 'id', operand: 'host-ticket', kind: 'text', about: 'id of the host ticket' };

/** What a line must name of the host ticket it is about, and the hive knows already. */
const known: readonly Field[] = [
  found('idempotency_key', 'text'),
  found('action', 'text'),
  found('target_hive', 'text'),
  found('relay_hop', 'number'),
  found('relay_correlation_id', 'text'),
];

function found(name: string, kind: Field['kind']): Field {
  return { name, kind, about: 'as the host ticket has it', isFound: true };
}

const asker: Field = {
  name: 'source_hive',
  kind: 'text',
  flags: '--from <hive>',
  about: 'hive that asked, when several have a host ticket of this id',
};

/** Takes a request back that nobody has begun. */
export const HOST_TICKET_CANCEL: Form = {
  path: '/host/tickets/spec',
  fixed: { schema: 'host-ticket-cancel/v1' },
  fields: [
    ticket,
    ...known,
    asker,
    { name: 'reason', kind: 'text', flags: '--reason <text>', about: 'why; kept with the host ticket' },
    epoch,
  ],
  done: 'cancelled',
  failed: 'cannot cancel',
  advice: ADVICE,
};

const report: readonly Field[] = [
  {
    name: 'claim_ttl_s',
    kind: 'seconds',
    flags: '--ttl <duration>',
    about: 'how long the claim holds from now: 30s, 5m; default: what the manifest says',
  },
  { name: 'message', kind: 'text', flags: '--message <text>', about: 'for people' },
  { name: 'fence', kind: 'number', flags: '--fence <number>', about: 'only if this is the number of the claim' },
  epoch,
];

/** Takes up a host ticket for a time. */
export const HOST_TICKET_CLAIM: Form = {
  path: '/host/tickets/status',
  fixed: { schema: 'host-ticket-result/v1', state: 'claimed' },
  fields: [ticket, ...known, asker, ...report],
  done: 'claimed',
  failed: 'cannot claim',
  advice: ADVICE,
};

/** States that give a host ticket up; they have a file of their own. */
const GIVEN_UP: ReadonlySet<unknown> = new Set(['failed', 'expired']);

/** Says how a host ticket goes. */
export const HOST_TICKET_REPORT: Form = {
  path: ({ state }) => (GIVEN_UP.has(state) ? '/host/tickets/deadletter' : '/host/tickets/status'),
  fixed: { schema: 'host-ticket-result/v1' },
  fields: [
    ticket,
    ...known,
    asker,
    { name: 'state', kind: 'text', about: 'how it goes', choices: ['running', 'succeeded', 'failed', 'expired'] },
    ...report,
  ],
  done: 'reported',
  failed: 'cannot report on',
  advice: ADVICE,
};
