// Where a publisher has from what it publishes: a machine, or a made-up one. All that differs between bridges is behind this.

import type { HostOrder } from './host-order.ts';

/** What a host has, by kind; names as they stand in paths. */
export interface HostMembers {
  readonly units: readonly string[];
  readonly nodes: readonly string[];
  readonly gpus: readonly string[];
  readonly interfaces: readonly string[];
}

/** How one thing is now. */
export interface StatusLine {
  /** Path of the status file below `/host/<host>`. */
  readonly file: string;
  /** The line, as `statusText` makes it. */
  readonly line: string;
}

/** What came of an order. */
export interface OrderOutcome {
  readonly state: 'done' | 'failed';
  /** For people; one line. */
  readonly message: string;
}

/** A host, as a publisher sees it. */
export interface HostSource {
  readonly members: HostMembers;
  /** How everything of this provider is now. */
  sample(provider: string): Promise<readonly StatusLine[]>;
  /** Does what is ordered and tells how it goes; is called once for an order. Must not throw. */
  carryOut(order: HostOrder, tell: (status: StatusLine) => Promise<void>): Promise<OrderOutcome>;
}
