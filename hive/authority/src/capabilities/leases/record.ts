// What the leases room knows: who holds what until when (`active`), who waits for what (`waiting`), what ended, quotas, and
// what each subject got while others waited. Entries are never written into: a change replaces them, so that a draft
// (`draft.ts`) can share them with the state.
//
// Fencing numbers come from one counter for all resources. So the fence of a later holder is above that of every earlier
// one, of this resource and of any other, and nothing has to be kept of a resource nobody holds.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { State } from '../../types.ts';

/** How much of a resource; `null` in both is the whole of it. Streams and MiB of memory. */
export interface Demand {
  readonly mem_mb: number | null;
  readonly streams: number | null;
}

/** Who granted or asked; no session. */
export type Granter = Omit<Party, 'role'>;

/** A lease that is held. */
export interface Lease {
  readonly id: string;
  readonly subject: string;
  /** A resource, never a class. */
  readonly resource: string;
  readonly demand: Demand;
  readonly priority: number;
  /** Seconds asked for last; 0 for the lease of a job. */
  readonly ttlS: number;
  /** Number of its last grant or renewal in this room. */
  readonly seq: number;
  readonly fence: number;
  /** Journal entry of the grant. */
  readonly entry: number;
  readonly grantedAt: number;
  /** First moment at which it does not hold any more, ms; null: it ends with its job. */
  readonly expiresAt: number | null;
  /** No renewal leads beyond this, ms. */
  readonly endsAt: number;
  /** What a second of it costs its subject (`share.ts`). */
  readonly rate: number;
  readonly by: Granter;
  /** The job it belongs to, or null. */
  readonly job: string | null;
}

/** A request that waits. */
export interface Request {
  readonly id: string;
  readonly subject: string;
  /** A resource or a class. */
  readonly resource: string;
  readonly demand: Demand;
  readonly priority: number;
  readonly ttlS: number;
  readonly totalS: number;
  readonly seq: number;
  /** Journal entry of the request: the order of arrival, across rooms. */
  readonly entry: number;
  readonly askedAt: number;
  /** From this moment on it waits no more, ms. */
  readonly waitsUntil: number;
  readonly by: Granter;
}

/** Something that waited for so long that its resource is kept free for it: a request, or a job of the schedule. */
export interface Claim {
  /** `requestKey` or `jobKey`. */
  readonly key: string;
  readonly subject: string;
  /** A resource or a class. */
  readonly resource: string;
  readonly demand: Demand;
  /** Journal entry with which it began to wait. */
  readonly entry: number;
}

/** Key of a request among claims. */
export function requestKey(id: string): string {
  return `request ${id}`;
}

/** Key of a job among claims. */
export function jobKey(id: string): string {
  return `job ${id}`;
}

/** Why a lease or a request ended, beside the reasons that lines give. */
export type EndReason =
  | 'released'
  | 'expired'
  | 'wait-expired'
  | 'withdrawn'
  | 'revoked'
  | 'job-ended'
  | 'worker-ended'
  | 'preempted';

/** A lease or a request that ended. `fence` and `grantedAt` are null when it was never granted. */
export interface EndedLease {
  readonly id: string;
  readonly subject: string;
  readonly resource: string;
  readonly fence: number | null;
  readonly grantedAt: number | null;
  readonly demand: Demand;
  readonly ttlS: number;
  readonly priority: number;
  readonly endedAt: number;
  readonly reason: EndReason;
}

/** A lease that was taken away. */
export interface Preemption {
  readonly id: string;
  readonly subject: string;
  readonly resource: string;
  readonly fence: number;
  /** The reason of the line, `priority` or `capacity`. */
  readonly reason: string;
  readonly seq: number;
  readonly at: number;
}

/** What a subject may hold of a resource or a class, and how often it may lose it. */
export interface Quota {
  readonly subject: string;
  readonly resource: string;
  /** Leases held and requests waiting. */
  readonly max_active: number;
  /** Preemptions among those remembered. */
  readonly max_preemptions: number;
}

/** The slice of the leases. */
export interface LeasesSlice {
  active: Map<string, Lease>;
  waiting: Map<string, Request>;
  /** Resource → ids of its leases, oldest first; only those that are held. */
  held: Map<string, readonly string[]>;
  /** Oldest first. */
  preemptions: Preemption[];
  /** Oldest first. */
  history: EndedLease[];
  /** By `quotaKey`. */
  quotas: Map<string, Quota>;
  /** Subject → what it got while others waited; empty when nobody waits. */
  charges: Map<string, number>;
  /** Charge of the subject served last, before it was served: where a newcomer starts. */
  served: number;
  nextSeq: number;
  nextFence: number;
  /** Preemptions and ended leases that are no longer remembered. */
  droppedPreemptions: number;
  droppedHistory: number;
}

/** The slice of a state. */
export function leasesSlice(state: Readonly<State>): LeasesSlice {
  return sliceOf<LeasesSlice>(state, 'leases');
}

/** Whether a lease is over at `at`: from its very millisecond on. */
export function isOver({ expiresAt }: Lease, at: number): boolean {
  return expiresAt !== null && expiresAt <= at;
}

/** Key of a quota. A subject has no space (token grammar). */
export function quotaKey(subject: string, resource: string): string {
  return `${subject} ${resource}`;
}

/** The leases on a resource, oldest first. */
export function leasesOn({ active, held }: Readonly<LeasesSlice>, resource: string): readonly Lease[] {
  return (held.get(resource) ?? []).flatMap((id) => active.get(id) ?? []);
}
