// Hosts: `/host/<host>/<provider>/…` (contracts-1 4.9, m11, m24b). Here is which hosts there are, who publishes them, and the orders
// they are given; what they say of themselves flows by (status files of the hive), and what an order does is done by a publisher.

import { accept } from '../../kernel/decision.ts';
import type { Acceptance, Capability, Command } from '../../types.ts';
import { hostCtl } from './ctl.ts';
import { hostDirectories } from './directories.ts';
import { evolveHosts } from './evolve.ts';
import { ENDED_MAX, type HostsSlice, hostsChange, inOrder, type Order, orderName } from './host.ts';
import { orderControls } from './orders.ts';
import { HOSTS_EVER_MAX, hostViews, ORDERS_EVER_MAX } from './views.ts';

/** Orders that one clock command ends; the deadline stays due for the rest. */
const ENDED_PER_TICK_MAX = 16;

function tick({ orders }: Readonly<HostsSlice>, { at }: Pick<Command, 'at'>): Acceptance {
  const over = inOrder(orders.values())
    .filter(({ expiresAt }) => expiresAt <= at)
    .slice(0, ENDED_PER_TICK_MAX);
  return accept({
    changes: over.map((order) => {
      const [state, message] = endOf(order);
      return hostsChange({ kind: 'end', id: order.id, state, message, at });
    }),
    log: over.map((order) => {
      const [state] = endOf(order);
      return `host order ${state} order=${order.id} host=${order.host} control=${orderName(order)}`;
    }),
  });
}

function endOf({ state }: Order): readonly ['expired' | 'lost', string] {
  return state === 'queued'
    ? ['expired', 'nobody took it up in time']
    : ['lost', 'who took it up did not say in time what came of it'];
}

function deadline({ orders }: Readonly<HostsSlice>): number | undefined {
  let earliest: number | undefined;
  for (const { expiresAt } of orders.values()) {
    if (earliest === undefined || expiresAt < earliest) earliest = expiresAt;
  }
  return earliest;
}

function invariants({ hosts, orders, ended, nextFence, count }: Readonly<HostsSlice>): string[] {
  const broken: string[] = [];
  if (hosts.size > HOSTS_EVER_MAX) broken.push(`hosts: ${hosts.size} are published`);
  if (orders.size > ORDERS_EVER_MAX) broken.push(`hosts: ${orders.size} orders wait`);
  if (ended.length > ENDED_MAX) broken.push(`hosts: ${ended.length} ended orders are remembered`);
  if (count.ordered !== orders.size + count.done + count.failed + count.expired + count.lost)
    broken.push(`hosts: ${count.ordered} orders were given, and as many did not end or wait`);
  const fences = new Set<number>();
  for (const [name, { host, fence }] of hosts) {
    if (name !== host) broken.push(`hosts: ${host} is kept as ${name}`);
    if (fence >= nextFence || fences.has(fence)) broken.push(`hosts: ${name} has fence ${fence}, not its own`);
    fences.add(fence);
  }
  for (const [id, { state, fence, ...order }] of orders) {
    if (id !== order.id) broken.push(`hosts: order ${order.id} is kept as ${id}`);
    if ((state === 'queued') !== (fence === null)) broken.push(`hosts: order ${id} is ${state} with another fence`);
    if (ended.some((one) => one.id === id)) broken.push(`hosts: order ${id} has ended and waits`);
  }
  return broken;
}

/** Hosts: `/host/ctl`, control files of `/host/…`, `/proc/hosts/{list,summary,orders}`. */
export const hostsCapability: Capability<HostsSlice> = {
  name: 'hosts',
  controls: [hostCtl, ...orderControls],
  views: hostViews,
  names: hostDirectories,
  initial: () => ({
    hosts: new Map(),
    orders: new Map(),
    ended: [],
    nextFence: 1,
    count: { ordered: 0, done: 0, failed: 0, expired: 0, lost: 0 },
  }),
  evolve: evolveHosts,
  invariants,
  deadline,
  tick,
};
