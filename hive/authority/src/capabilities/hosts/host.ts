// The state of the hosts: who publishes which host and what it has, which orders wait for it, and what became of the last ones.
// What hosts say of themselves is no state: that flows (status files).
//
//   order:  (an order) → queued → taken → done | failed
//                          ↓        ↓
//                       expired    lost        (nobody took it up in time; who did said nothing in time)

import type { HostProvider } from '@cohesix/manifest';
import type { Party } from '../../principal.ts';
import type { Change } from '../../types.ts';
import type { MemberKind } from './providers.ts';

/** What a host has, by kind. */
export type Members = Readonly<Record<MemberKind, readonly string[]>>;

/** A host that somebody publishes. */
export interface HostRecord {
  readonly host: string;
  readonly publisher: Party;
  /** Number of the declaration; of two declarations of one hive the later has the greater. */
  readonly fence: number;
  /** When it was declared, ms. */
  readonly since: number;
  readonly members: Members;
}

/** An order that has not ended. */
export interface Order {
  /** `o` and the journal entry that gave it. */
  readonly id: string;
  readonly entry: number;
  readonly host: string;
  readonly provider: HostProvider;
  readonly member: string | null;
  /** Name of the control file: `restart`. */
  readonly verb: string;
  /** The line. */
  readonly value: string;
  readonly by: Party;
  state: 'queued' | 'taken';
  /** Fence under which it was taken; null while nobody has. */
  fence: number | null;
  /** When it expires or is lost, ms. */
  expiresAt: number;
}

/** How an order ends. */
export type OrderEnd = 'done' | 'failed' | 'expired' | 'lost';

/** An order that ended. */
export interface EndedOrder extends Omit<Order, 'state' | 'expiresAt'> {
  readonly state: OrderEnd;
  readonly message: string | null;
  readonly endedAt: number;
}

/** Ended orders that are remembered, for people and for who says something twice. */
export const ENDED_MAX = 64;

/** The slice. */
export interface HostsSlice {
  readonly hosts: Map<string, HostRecord>;
  readonly orders: Map<string, Order>;
  /** In the order of their ends. */
  readonly ended: EndedOrder[];
  nextFence: number;
  readonly count: { ordered: number; done: number; failed: number; expired: number; lost: number };
}

/** A change of the hosts. */
export type HostsChange =
  | { readonly kind: 'declare'; readonly record: HostRecord }
  | { readonly kind: 'release'; readonly host: string; readonly at: number }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'take'; readonly id: string; readonly fence: number; readonly expiresAt: number }
  | {
      readonly kind: 'end';
      readonly id: string;
      readonly state: OrderEnd;
      readonly message: string | null;
      readonly at: number;
    };

/** Wraps a change with its owner. */
export function hostsChange(change: HostsChange): Change {
  return { capability: 'hosts', change };
}

/** Orders in the order they were given. */
export function inOrder(orders: Iterable<Order>): Order[] {
  return [...orders].sort((left, right) => left.entry - right.entry);
}

/** `systemd.restart`, as 4.11 calls a control. */
export function orderName({ provider, verb }: Pick<Order, 'provider' | 'verb'>): string {
  return `${provider}.${verb}`;
}
