// An action: a request for approval, an approval or a denial. It is about exactly one line for exactly one file and
// holds until it expires. An approval is used up by the line it lets through; a denial is not used up.
//
// requested ──approve──▶ queued ──line accepted──▶ consumed ──effect failed──▶ queued
//     │ └─────deny─────▶ denied                      (each but consumed) ──expires──▶ expired
//
// `consumed` and `expired` actions are history: kept so that people can look, and dropped, oldest first, when room
// is needed. Only they may have their id taken over.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { Change, State } from '../../types.ts';

/** One action. */
export interface Action {
  readonly id: string;
  /** Exact path of the control file. */
  readonly target: string;
  /** Exact line. */
  readonly line: string;
  /** The rule that matched the target when it was queued; null when none did. */
  readonly rule: string | null;
  decision: 'request' | 'approve' | 'deny';
  state: 'requested' | 'queued' | 'denied' | 'consumed' | 'expired';
  /** Journal entry that made it; the order of actions. */
  readonly entry: number;
  readonly askedAt: number;
  /** Who asked; null when it began as a decision. */
  readonly askedBy: Party | null;
  decidedAt: number | null;
  decidedBy: Party | null;
  /** First moment at which it no longer holds, ms. */
  expiresAt: number;
  /** Journal entry of the line it let through. */
  consumedEntry: number | null;
}

/** All actions, by id. */
export interface PolicySlice {
  readonly actions: Map<string, Action>;
}

/** A change of the actions. */
export type PolicyChange =
  | { readonly kind: 'put'; readonly action: Action }
  | { readonly kind: 'drop'; readonly id: string }
  | { readonly kind: 'consume'; readonly id: string; readonly entry: number }
  | { readonly kind: 'refund'; readonly id: string }
  | { readonly kind: 'expire'; readonly id: string }
  | { readonly kind: 'void'; readonly ticketId: string; readonly at: number };

/** Wraps a change with its owner. */
export function policyChange(change: PolicyChange): Change {
  return { capability: 'policy', change };
}

/** The slice of the policy. */
export function policySlice(state: Readonly<State>): PolicySlice {
  return sliceOf<PolicySlice>(state, 'policy');
}

/** Whether an action still says something at `at`: open, or decided and neither used up nor expired. */
export function isAlive(action: Action, at: number): boolean {
  return action.state !== 'consumed' && action.state !== 'expired' && at < action.expiresAt;
}

/** Actions in the order they were made. */
export function inOrder(actions: Iterable<Action>): Action[] {
  return [...actions].sort((left, right) => left.entry - right.entry);
}
