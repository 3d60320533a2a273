// The control files of hosts: `/host/:host/systemd/:unit/restart` and the like, and the same without a host. A line there is an
// order: accepted, it waits for the publisher of the host, who carries it out once (`results.ts`).

import Type, { type TSchema } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField, utf8Size } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type HostsSlice, hostsChange, type Order, orderName } from './host.ts';
import { hostFileOf, type OrderFile, PROVIDERS, type ProviderFiles } from './providers.ts';
import { defaultHost, hasMember, hostOf, showsProvider } from './queries.ts';
import { orderLine } from './views.ts';

/** Longest line of an order (contracts-1 4.9: lines of hosts have at most 256 bytes). */
const ORDER_BYTES_MAX = 256;

/** Most watts that `power_cap` takes: more than any one accelerator draws. */
const WATTS_MAX = 2000;

const anyText: TSchema = Type.String({
  minLength: 1,
  maxLength: ORDER_BYTES_MAX,
  description: 'Any text; it goes with the order.',
});
const watts: TSchema = Type.Integer({ minimum: 1, maximum: WATTS_MAX, description: 'Watts.' });

/** The control files of every provider, each with its short path. */
export const orderControls: readonly Control<HostsSlice, never>[] = PROVIDERS.flatMap((files) =>
  files.orders.flatMap((file) => [orderControl('/host/:host', files, file), orderControl('/host', files, file)]),
);

function orderControl(root: string, files: ProviderFiles, file: OrderFile): Control<HostsSlice, string | number> {
  const where = root === '/host' ? ' On the default host.' : '';
  return {
    pattern: `${root}/${files.at}/${file.name}`,
    summary: `${file.summary}${where}`,
    schema: file.takes === 'watts' ? watts : anyText,
    parseWord: file.takes === 'watts' ? wholeOf : (line) => line.trim(),
    writers: ['queen', 'system'],
    gate: () => 'host-publish',
    lineBytesMax: ORDER_BYTES_MAX,
    examples: [file.takes === 'watts' ? '250' : files.provider === 'docker' ? 'web' : file.name],
    decide: decideOrder,
  };
}

/** The number a line is, or the line, which fits no number. */
function wholeOf(line: string): unknown {
  const text = line.trim();
  return /^\d{1,6}$/.test(text) ? Number(text) : text;
}

/** Refused: `invalid-path` (no such host or provider), `not-found` (no such member), `buffer-full`. */
function decideOrder(
  slice: Readonly<HostsSlice>,
  command: ParsedCommand<string | number>,
  state: Readonly<State>,
): Decision {
  const { path, who, at, seq, value } = command;
  const file = hostFileOf(path);
  if (file === undefined || !showsProvider(manifestIn(state), file.files.provider)) return reject('invalid-path');
  const name = file.host ?? defaultHost(state);
  if (name === undefined) return reject('invalid-path', 'No host is the only one; write /host/<host>/… instead.');
  const host = hostOf(state, name);
  if (host === undefined) return reject('invalid-path', `There is no host ${name}.`);
  if (!hasMember(host, file.files, file.member)) return reject('not-found', `Host ${name} has no ${file.member}.`);
  const { orders_max: max, order_ttl_s: ttl } = manifestIn(state).host;
  if (slice.orders.size >= max) return reject('buffer-full', `${max} orders wait; see /proc/hosts/orders.`);
  const order: Order = {
    id: `o${seq}`,
    entry: seq,
    host: name,
    provider: file.files.provider,
    member: file.member ?? null,
    verb: file.name,
    value: String(value),
    by: partyOf(who),
    state: 'queued',
    fence: null,
    expiresAt: at + ttl * 1000,
  };
  return accept({
    changes: [hostsChange({ kind: 'order', order })],
    effects: [{ kind: 'host.order', host: name, entry: seq, line: orderLine(order) }],
    log: [writeLine(command, order)],
    reply: { order: order.id, host: name, state: 'queued', expires_ms: order.expiresAt },
  });
}

/** The line of contracts-1 4.11; the ticket is a fingerprint. */
function writeLine({ who, path, line }: ParsedCommand, order: Order): string {
  const [role, ticket] = [logField(who.role), logField(who.ticket)];
  return `host-write outcome=allow role=${role} ticket=${ticket} path=${logField(path)} control=${orderName(order)} bytes=${utf8Size(line)} order=${order.id}`;
}
