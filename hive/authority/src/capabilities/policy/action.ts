// An action: a request for approval, an approval or a denial. It is about exactly one line for exactly one file and
// holds until it expires. An approval is used up by the line it lets through; a denial is not used up.
//
// requested ──approve──▶ queued ──line accepted──▶ consumed ──effect failed──▶ queued
//     │ └─────deny─────▶ denied                      (each but consumed) ──expires──▶ expired
//
// A rule may ask for several persons: then it stays `requested` until the last of them approves. All but denials also end when
// the policy becomes another one: whoever approved did so under the rules there were.
//
// `consumed` and `expired` actions are history: kept so that people can look, and dropped, oldest first, when room
// is needed. Only they may have their id taken over.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { Change, State } from '../../types.ts';
import type { GrantUse, KeptDocument, LoadedDocument } from './kept.ts';

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
  /** Who decided last. */
  decidedBy: Party | null;
  /** Who approved; no two of them are one person. */
  readonly approvedBy: readonly Party[];
  /** How many must approve before it is queued. */
  readonly needs: number;
  /** Journal entry of the newest line of the target for which it is; null when it is for any. */
  readonly generation: number | null;
  /** Journal entry since which the policy held under which it was made; 0 for the first. */
  readonly policyEntry: number;
  /** First moment at which it no longer holds, ms. */
  expiresAt: number;
  /** Journal entry of the line it let through. */
  consumedEntry: number | null;
}

/** All actions and all documents, by id. */
export interface PolicySlice {
  readonly actions: Map<string, Action>;
  readonly documents: Map<string, KeptDocument>;
  /** Id of the document that holds; null while the rules are those of the manifest. */
  active: string | null;
  /** Highest version that was ever applied; 0 before the first. */
  appliedVersion: number;
  /** Journal entry since which the policy is this one; 0 for that of the first boot. */
  entry: number;
}

/** A change of the actions. */
export type PolicyChange =
  | { readonly kind: 'put'; readonly action: Action }
  | { readonly kind: 'drop'; readonly id: string }
  | ConsumeChange
  | { readonly kind: 'refund'; readonly id: string }
  | { readonly kind: 'expire'; readonly id: string }
  | { readonly kind: 'void'; readonly ticketId: string; readonly at: number }
  | { readonly kind: 'load'; readonly loaded: LoadedDocument }
  | { readonly kind: 'forget'; readonly id: string }
  | { readonly kind: 'activate'; readonly id: string | null; readonly entry: number; readonly at: number }
  | { readonly kind: 'renew'; readonly entry: number; readonly at: number }
  | GrantChange;

/** An approval lets a line through. */
export interface ConsumeChange {
  readonly kind: 'consume';
  readonly id: string;
  readonly entry: number;
  readonly rule: string;
  /** The file of the line; of one that an intent carries not the file of the intent. */
  readonly path: string;
}

/** A grant lets a line through. */
export interface GrantChange {
  readonly kind: 'use';
  readonly document: string;
  readonly grant: string;
  readonly use: GrantUse;
  readonly rule: string;
  /** As in `ConsumeChange`. */
  readonly path: string;
}

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

/** Whose revocation ends an action. A denial ends with who denied, and not with those who approved before. */
export function partiesOf({ state, askedBy, decidedBy, approvedBy }: Action): readonly Party[] {
  const parties = state === 'denied' ? [decidedBy] : [askedBy, decidedBy, ...approvedBy];
  return parties.flatMap((party) => party ?? []);
}

/** Actions in the order they were made. */
export function inOrder(actions: Iterable<Action>): Action[] {
  return [...actions].sort((left, right) => left.entry - right.entry);
}
