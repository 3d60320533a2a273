// What a publisher says of an order: that it takes it up, and what came of it. Only the publisher of the host speaks, and only under
// the fence of its last declaration, so an order is taken up once: what is left of an earlier publisher finds itself stale.

import { accept, reject } from '../../kernel/decision.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { type HostsSlice, hostsChange, type Order, orderName } from './host.ts';
import { isPublisher } from './queries.ts';

/** The line, as its schema has it (`ctl.ts`). */
export interface ResultLine {
  readonly op: 'result';
  readonly host: string;
  readonly order: string;
  readonly fence: number;
  readonly state: 'taken' | 'done' | 'failed';
  readonly message?: string;
}

type ResultCommand = ParsedCommand<ResultLine>;

/** Refused: `not-found`, `denied` (not the publisher), `stale` (fence), `expired`, `revoked`, `invalid-transition`. */
export function decideResult(slice: Readonly<HostsSlice>, command: ResultCommand, state: Readonly<State>): Decision {
  const { value, who } = command;
  const record = slice.hosts.get(value.host);
  if (record === undefined) return reject('not-found', `Nobody publishes host ${value.host}; declare it first.`);
  if (!isPublisher(record, who)) return reject('denied', `${record.publisher.subject} publishes host ${value.host}.`);
  if (value.fence !== record.fence)
    return reject('stale', `The declaration of fence ${value.fence} is over; the last is ${record.fence}.`);
  const order = slice.orders.get(value.order);
  if (order === undefined || order.host !== value.host) return decideLate(slice, command);
  if (value.state === 'taken') return decideTake(order, command, state);
  return decideEnd(order, command);
}

/** The order has ended, or never was; who ended it so may say it again. */
function decideLate({ ended }: Readonly<HostsSlice>, { value }: ResultCommand): Decision {
  const found = ended.find(({ id, host }) => id === value.order && host === value.host);
  if (found === undefined) return reject('not-found', `Host ${value.host} has no order ${value.order}.`);
  if (found.state !== value.state || found.fence !== value.fence)
    return reject('invalid-transition', `Order ${found.id} has ended: ${found.state}.`);
  return accept({ reply: { order: found.id, state: found.state, duplicate: true } });
}

function decideTake(order: Order, { value, at }: ResultCommand, state: Readonly<State>): Decision {
  if (order.state === 'taken') {
    if (order.fence === value.fence) return accept({ reply: { order: order.id, state: 'taken', duplicate: true } });
    return reject('invalid-transition', `Order ${order.id} was taken up under fence ${order.fence}, and only once.`);
  }
  if (at >= order.expiresAt) return reject('expired', `Order ${order.id} has expired.`);
  if (isRevoked(state, order.by.ticketIds))
    return reject('revoked', `The ticket that gave order ${order.id}, or one it was made from, was revoked.`);
  const expiresAt = at + manifestIn(state).host.order_ttl_s * 1000;
  return accept({
    changes: [hostsChange({ kind: 'take', id: order.id, fence: value.fence, expiresAt })],
    log: [`host order taken order=${order.id} host=${order.host} fence=${value.fence}`],
    reply: { order: order.id, state: 'taken', expires_ms: expiresAt },
  });
}

/** `failed` needs no `taken` before: a publisher may say that it will not. */
function decideEnd(order: Order, { value, at }: ResultCommand): Decision {
  const { state: to, message = null } = value;
  if (to === 'done' && order.state === 'queued')
    return reject('invalid-transition', `Order ${order.id} was not taken up; take it first.`);
  return accept({
    changes: [hostsChange({ kind: 'end', id: order.id, state: to === 'done' ? 'done' : 'failed', message, at })],
    log: [`host order ${to} order=${order.id} host=${order.host} control=${orderName(order)}`],
    reply: { order: order.id, state: to },
  });
}
