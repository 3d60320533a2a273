// How changes of the hosts are applied.

import { assert, unreachable } from '@cohesix/check';
import { ENDED_MAX, type HostsChange, type HostsSlice, inOrder, type Order, type OrderEnd } from './host.ts';

/** Applies a change in place. */
export function evolveHosts(slice: HostsSlice, change: HostsChange): void {
  switch (change.kind) {
    case 'declare':
      slice.hosts.set(change.record.host, change.record);
      slice.nextFence += 1;
      return;
    case 'release':
      return release(slice, change.host, change.at);
    case 'order':
      assert(!slice.orders.has(change.order.id), `order ${change.order.id} is new`);
      slice.orders.set(change.order.id, change.order);
      slice.count.ordered += 1;
      return;
    case 'take':
      Object.assign(orderOf(slice, change.id), { state: 'taken', fence: change.fence, expiresAt: change.expiresAt });
      return;
    case 'end':
      return end(slice, orderOf(slice, change.id), change);
    default:
      unreachable(change);
  }
}

/** What nobody has begun is not done; of what somebody has, nobody knows. */
function release(slice: HostsSlice, host: string, at: number): void {
  slice.hosts.delete(host);
  for (const order of inOrder(slice.orders.values())) {
    if (order.host !== host) continue;
    const state = order.state === 'taken' ? 'lost' : 'failed';
    end(slice, order, { state, message: 'the host was released', at });
  }
}

interface Ending {
  readonly state: OrderEnd;
  readonly message: string | null;
  readonly at: number;
}

function end({ orders, ended, count }: HostsSlice, order: Order, { state, message, at }: Ending): void {
  const { state: _state, expiresAt: _expiresAt, ...rest } = order;
  orders.delete(order.id);
  count[state] += 1;
  ended.push({ ...rest, state, message, endedAt: at });
  if (ended.length > ENDED_MAX) ended.shift();
}

function orderOf({ orders }: HostsSlice, id: string): Order {
  const order = orders.get(id);
  assert(order !== undefined, `no open order ${id}`);
  return order;
}
