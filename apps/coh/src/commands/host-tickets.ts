// Host tickets as an agent meets them: what a line about one must name beside its id is looked up in the hive.

import type { HiveClient } from '@cohesix/client';
import { jsonLines } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { visible } from '../io.ts';
import type { Form } from '../lines/form.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { type Given, sendOver } from './line.ts';
import { failRecord, type HiveRecord, sayRecord } from './records.ts';

/** Which host ticket is meant. */
export interface OrderName {
  readonly id: string;
  /** The hive that asked, when several have a host ticket of that id. */
  readonly from?: string;
}

/** Sends the line of a form about a host ticket that is there. JSON: `{reply, entry, line}`. */
export function sendAbout(context: Context, form: Form, given: Given): Promise<number> {
  const { id, source_hive: from } = given.values;
  const name = { id: String(id), ...(typeof from === 'string' ? { from } : {}) };
  return withHostTicket(context, name, (client, ticket) => {
    const found = form.fields.filter(({ isFound }) => isFound).map(({ name: field }) => [field, ticket[field]]);
    const values = { ...given.values, ...Object.fromEntries(found), source_hive: ticket.source_hive };
    return sendOver(context, client, { ...given, form, values });
  });
}

/** `coh host-ticket show`: what was asked, and what became of it. JSON: the record. */
export function showHostTicket(context: Context, name: OrderName): Promise<number> {
  return withHostTicket(context, name, async (_client, ticket) => {
    sayRecord(context, ticket);
    return DONE;
  });
}

function withHostTicket(
  context: Context,
  name: OrderName,
  use: (client: HiveClient, ticket: HiveRecord) => Promise<number>,
): Promise<number> {
  return withHive(context, async (client) => {
    const found = await orderOf(client, name);
    if (found.ok) return use(client, found.value);
    const { code } = found.refusal;
    if (code === 'not-found' || code === 'invalid-payload')
      return failRecord(context, found.refusal, { name: 'host-ticket', id: name.id });
    return failAt(context, client, { what: visible(`cannot find host ticket ${name.id}`), refusal: found.refusal });
  });
}

/** Most bytes that are read of a snapshot; the largest has 2 MiB. */
const SNAPSHOT_BYTES_MAX: number = 4 << 20;

/** Later ones know more of the same host ticket. */
const SNAPSHOTS = ['spec', 'status', 'deadletter'].map((name) => `/host/tickets/${name}.snapshot`);

/** All that the hive says of a host ticket; `not-found`, or `invalid-payload` when several have that id. */
async function orderOf(client: HiveClient, { id, from }: OrderName): Promise<Result<HiveRecord>> {
  const tickets = new Map<string, HiveRecord>();
  for (const path of SNAPSHOTS) {
    const text = await client.read(path, { maxBytes: SNAPSHOT_BYTES_MAX });
    if (!text.ok) return text;
    for (const line of jsonLines(new TextDecoder().decode(text.value)).filter(isRecord)) {
      if (line.id !== id || (from !== undefined && line.source_hive !== from)) continue;
      const way = `${line.source_hive ?? 'here'} to ${line.target_hive ?? 'here'}`;
      tickets.set(way, { id, state: 'queued', ...tickets.get(way), ...line });
    }
  }
  const [ticket, other] = tickets.values();
  if (ticket === undefined) return refuse('not-found', `This hive knows no host ticket ${visible(id)}.`);
  if (other === undefined) return ok(ticket);
  const ways = [...tickets.keys()].join(', ');
  return refuse(
    'invalid-payload',
    `Several host tickets are called ${visible(id)} (${visible(ways)}); say which with --from.`,
  );
}
