// A host ticket: one action that a host agent is asked to do, once. An agent claims it for a time and under a fence; whoever
// has no claim, or an earlier one, cannot report on it.
//
//            ┌──────claim ran out──────┐
//            ▼                         │
//   put ▶ queued ──claimed──▶ claimed ─┴─running──▶ running      claimed and running: `claimed`/`running` again renews
//            │                   └────────┬────────────┘
//            └expired,void,cancel─┐        └─succeeded, failed, expired─▶ ended: remembered for a while, then forgotten
//                                └─▶ ended                               (also: too many claims ran out)

import type { Party } from '../../principal.ts';
import type { Change } from '../../types.ts';

/** States in which a ticket is still to be done. */
export type ActiveState = 'queued' | 'claimed' | 'running';

/** States that end a ticket. */
export type EndState = 'succeeded' | 'failed' | 'expired';

/** Who has a ticket, until when. */
export interface Claim {
  readonly by: Party;
  /** Its end, ms: from this millisecond on it does not hold. */
  readonly expiresAt: number;
  /** Number of the claim; of two claims of one hive the later has the greater. */
  readonly fence: number;
}

/** What stays the same of a ticket. */
export interface Request {
  /** `keyOf`. */
  readonly key: string;
  readonly id: string;
  readonly idempotencyKey: string;
  readonly action: string;
  /** The line as it was written: what `spec.snapshot` shows and a repeat is compared with. */
  readonly line: string;
  /** From when on it is not to be begun, ms; null = never. */
  readonly expiresAt: number | null;
  /** Journal entry that queued it; the order of tickets. */
  readonly entry: number;
  readonly by: Party;
}

/** A ticket that has not ended. */
export interface ActiveTicket extends Request {
  state: ActiveState;
  /** Claims so far. */
  attempts: number;
  claim: Claim | null;
  /** What the agent last said. */
  message: string | null;
}

/** A ticket that ended: kept so that a repeat does nothing and people can look. */
export interface EndedTicket extends Request {
  readonly state: EndState;
  readonly message: string | null;
  /** Who had it, under which fence; null when nobody had. */
  readonly last: Pick<Claim, 'by' | 'fence'> | null;
  /** Number of the end; the order in which they are forgotten. */
  readonly order: number;
  /** When it is forgotten, ms. */
  readonly forgetAt: number;
}

/** All tickets that are known, by key, and what happened so far. */
export interface HostTicketsSlice {
  readonly active: Map<string, ActiveTicket>;
  readonly ended: Map<string, EndedTicket>;
  nextFence: number;
  readonly count: { queued: number; succeeded: number; failed: number; expired: number; duplicates: number };
}

/** How a ticket ends, and how long it is remembered then. */
export interface Ending {
  readonly state: EndState;
  readonly message: string | null;
  readonly forgetAt: number;
  /** Ended tickets that are remembered at most. */
  readonly max: number;
}

/** A change of the tickets. */
export type HostTicketsChange =
  | { readonly kind: 'put'; readonly request: Request }
  | { readonly kind: 'claim'; readonly key: string; readonly by: Party; readonly expiresAt: number }
  | {
      readonly kind: 'renew';
      readonly key: string;
      readonly state: 'claimed' | 'running';
      readonly expiresAt: number;
      readonly message: string | null;
    }
  | { readonly kind: 'requeue'; readonly key: string }
  | ({ readonly kind: 'end'; readonly key: string } & Ending)
  | { readonly kind: 'forget'; readonly key: string }
  | { readonly kind: 'duplicate' }
  | ({ readonly kind: 'void'; readonly ticketId: string } & Ending);

/** Wraps a change with its owner. */
export function hostTicketsChange(change: HostTicketsChange): Change {
  return { capability: 'host-tickets', change };
}

/** What of a line says which ticket it is about. */
export interface Identity {
  readonly id: string;
  readonly source_hive?: string | undefined;
  readonly target_hive?: string | undefined;
}

/** Key of a ticket: its id, for one between hives also which. No token has a blank. */
export function keyOf({ id, source_hive: source, target_hive: target }: Identity): string {
  return source === undefined ? id : `${id} ${source} ${target}`;
}

/** Active tickets in the order they were queued. */
export function inOrder(active: Iterable<ActiveTicket>): ActiveTicket[] {
  return [...active].sort((left, right) => left.entry - right.entry);
}

/** Ended tickets in the order they ended. */
export function inOrderOfEnd(ended: Iterable<EndedTicket>): EndedTicket[] {
  return [...ended].sort((left, right) => left.order - right.order);
}

/** Whether a ticket is not to be begun any more at `at`. */
export function isOver({ expiresAt }: Pick<Request, 'expiresAt'>, at: number): boolean {
  return expiresAt !== null && expiresAt <= at;
}
