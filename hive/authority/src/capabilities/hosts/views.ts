// What people and publishers read about hosts and orders.

import { logField } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import {
  ENDED_MAX,
  type EndedOrder,
  type HostRecord,
  type HostsSlice,
  inOrder,
  type Order,
  orderName,
} from './host.ts';
import { MEMBER_KINDS } from './providers.ts';

/** Most orders that any manifest lets wait. */
export const ORDERS_EVER_MAX = 256;
/** Most hosts that any manifest allows. */
export const HOSTS_EVER_MAX = 64;

/** Bytes of the longest line about an order: names, the value and a message escaped. */
const ORDER_LINE_BYTES_MAX = 4096;
const HOST_LINE_BYTES_MAX = 2048;

/** The `host-order/v1` line that a publisher gets, without LF. */
export function orderLine({ id, host, provider, member, verb, value, entry, expiresAt }: Order): string {
  const what = {
    schema: 'host-order/v1',
    id,
    host,
    control: orderName({ provider, verb }),
    member: member ?? undefined,
  };
  return JSON.stringify({ ...what, value, entry, expires_ms: expiresAt });
}

/** The views of the hosts. */
export const hostViews: readonly View<HostsSlice>[] = [
  {
    pattern: '/host/:host/orders.snapshot',
    summary: 'The `host-order/v1` lines of the orders of this host that nobody has taken up, oldest first.',
    boundBytes: ORDERS_EVER_MAX * ORDER_LINE_BYTES_MAX,
    render: ({ orders }, { host }) =>
      inOrder(orders.values())
        .filter((order) => order.host === host && order.state === 'queued')
        .map((order) => `${orderLine(order)}\n`)
        .join(''),
  },
  {
    pattern: '/proc/hosts/list',
    summary:
      'One line per host: `host= publisher= fence= since_ms= units= nodes= gpus= interfaces=` (how many of each).',
    boundBytes: (HOSTS_EVER_MAX + 1) * HOST_LINE_BYTES_MAX,
    render: (slice, _params, state) => hostRows(slice, state).join(''),
  },
  {
    pattern: '/proc/hosts/summary',
    summary: '`hosts published= max= orders= orders_max= total= done= failed= expired= lost=`.',
    boundBytes: 256,
    render: ({ hosts, orders, count }, _params, state) => {
      const { hosts_max: max, orders_max: ordersMax } = manifestIn(state).host;
      const { ordered, done, failed, expired, lost } = count;
      return `hosts published=${hosts.size} max=${max} orders=${orders.size} orders_max=${ordersMax} total=${ordered} done=${done} failed=${failed} expired=${expired} lost=${lost}\n`;
    },
  },
  {
    pattern: '/proc/hosts/orders',
    summary:
      'One line per order, those that ended last and then those that wait: `id= host= control= member= value= state= fence= by= at_ms= message=`; `at_ms` is when it ended, or will.',
    boundBytes: (ORDERS_EVER_MAX + ENDED_MAX) * ORDER_LINE_BYTES_MAX,
    render: ({ orders, ended }) => [...ended, ...inOrder(orders.values())].map(orderText).join(''),
  },
];

function hostRows({ hosts }: Readonly<HostsSlice>, state: Readonly<State>): string[] {
  const { enabled, default_host: own, units, nodes, gpus } = manifestIn(state).host;
  const rows = [...hosts.values()].map(hostText);
  if (!enabled || own === '' || hosts.has(own)) return rows;
  const has = `units=${units.length} nodes=${nodes.length} gpus=${gpus.length} interfaces=0`;
  return [`host=${own} publisher=none fence=none since_ms=none ${has}\n`, ...rows];
}

function hostText({ host, publisher, fence, since, members }: HostRecord): string {
  const has = MEMBER_KINDS.map((kind) => `${kind}=${members[kind].length}`).join(' ');
  return `host=${host} publisher=${logField(publisher.subject)} fence=${fence} since_ms=${since} ${has}\n`;
}

function orderText(order: Order | EndedOrder): string {
  const { id, host, member, value, state, fence, by } = order;
  const at = 'endedAt' in order ? order.endedAt : order.expiresAt;
  const message = 'endedAt' in order && order.message !== null ? ` message=${logField(order.message)}` : '';
  return `id=${id} host=${host} control=${orderName(order)} member=${member ?? 'none'} value=${logField(value)} state=${state} fence=${fence ?? 'none'} by=${logField(by.subject)} at_ms=${at}${message}\n`;
}
