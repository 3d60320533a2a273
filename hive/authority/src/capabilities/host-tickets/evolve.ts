// How changes of the host tickets are applied.

import { assert, unreachable } from '@cohesix/check';
import {
  type ActiveTicket,
  type Ending,
  type HostTicketsChange,
  type HostTicketsSlice,
  inOrder,
  inOrderOfEnd,
  type Request,
} from './ticket.ts';

/** Applies a change in place. */
export function evolveHostTickets(slice: HostTicketsSlice, change: HostTicketsChange): void {
  switch (change.kind) {
    case 'put':
      return put(slice, change.request);
    case 'claim':
      return claim(slice, change);
    case 'renew': {
      const ticket = ticketOf(slice, change.key);
      assert(ticket.claim !== null, `ticket ${change.key} is claimed`);
      ticket.claim = { ...ticket.claim, expiresAt: change.expiresAt };
      ticket.state = change.state;
      ticket.message = change.message;
      return;
    }
    case 'requeue':
      Object.assign(ticketOf(slice, change.key), { state: 'queued', claim: null });
      return;
    case 'end':
      return end(slice, ticketOf(slice, change.key), change);
    case 'forget':
      slice.ended.delete(change.key);
      return;
    case 'duplicate':
      slice.count.duplicates += 1;
      return;
    case 'void':
      return voidTickets(slice, change);
    default:
      unreachable(change);
  }
}

function put({ active, ended, count }: HostTicketsSlice, request: Request): void {
  assert(!active.has(request.key) && !ended.has(request.key), `ticket ${request.key} is new`);
  active.set(request.key, { ...request, state: 'queued', attempts: 0, claim: null, message: null });
  count.queued += 1;
}

function claim(slice: HostTicketsSlice, { key, by, expiresAt }: Extract<HostTicketsChange, { kind: 'claim' }>): void {
  const ticket = ticketOf(slice, key);
  ticket.state = 'claimed';
  ticket.attempts += 1;
  ticket.claim = { by, expiresAt, fence: slice.nextFence };
  slice.nextFence += 1;
}

/** The ticket is remembered, and what ended longest ago makes room. */
function end(slice: HostTicketsSlice, ticket: ActiveTicket, { state, message, forgetAt, max }: Ending): void {
  const { active, ended, count } = slice;
  const { attempts: _attempts, claim: last, ...request } = ticket;
  count[state] += 1;
  const order = count.succeeded + count.failed + count.expired;
  active.delete(ticket.key);
  const held = last === null ? null : { by: last.by, fence: last.fence };
  ended.set(ticket.key, { ...request, state, message, last: held, order, forgetAt });
  if (ended.size <= max) return;
  for (const { key } of inOrderOfEnd(ended.values()).slice(0, ended.size - max)) ended.delete(key);
}

/** A revoked ticket orders nothing any more: what it queued and nobody has yet is not done. */
function voidTickets(slice: HostTicketsSlice, change: Extract<HostTicketsChange, { kind: 'void' }>): void {
  for (const ticket of inOrder(slice.active.values())) {
    if (ticket.state === 'queued' && ticket.by.ticketIds.includes(change.ticketId)) end(slice, ticket, change);
  }
}

function ticketOf({ active }: HostTicketsSlice, key: string): ActiveTicket {
  const ticket = active.get(key);
  assert(ticket !== undefined, `no active host ticket ${key}`);
  return ticket;
}
