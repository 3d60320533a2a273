// How changes of the policy are applied.

import { assert, unreachable } from '@cohesix/check';
import { type Action, type GrantChange, type PolicyChange, type PolicySlice, partiesOf } from './action.ts';
import type { KeptDocument } from './kept.ts';

/** Applies a change in place. */
export function evolvePolicy(slice: PolicySlice, change: PolicyChange): void {
  switch (change.kind) {
    case 'put':
      slice.actions.set(change.action.id, change.action);
      return;
    case 'drop':
      slice.actions.delete(change.id);
      return;
    case 'consume':
      Object.assign(actionOf(slice, change.id), { state: 'consumed', consumedEntry: change.entry });
      return;
    case 'refund':
      Object.assign(actionOf(slice, change.id), { state: 'queued', consumedEntry: null });
      return;
    case 'expire':
      actionOf(slice, change.id).state = 'expired';
      return;
    case 'void':
      return voidActions(slice, change);
    case 'load':
      slice.documents.set(change.loaded.document.id, { ...change.loaded, appliedEntry: null, uses: new Map() });
      return;
    case 'forget':
      slice.documents.delete(change.id);
      return;
    case 'activate':
      return activate(slice, change);
    case 'renew':
      return renew(slice, change);
    case 'use':
      return useGrant(slice, change);
    default:
      unreachable(change);
  }
}

/**
 * A revoked ticket asks and decides nothing any more, and does not come back to it when the revocation is forgotten: its
 * approvals end, also those that are used up and could be given back. A denial by somebody else stays.
 */
function voidActions({ actions }: PolicySlice, revoked: { readonly ticketId: string; readonly at: number }): void {
  for (const action of actions.values()) {
    if (partiesOf(action).some(({ ticketIds }) => ticketIds.includes(revoked.ticketId))) end(action, revoked.at);
  }
}

function activate(slice: PolicySlice, change: Extract<PolicyChange, { kind: 'activate' }>): void {
  const { id, entry } = change;
  slice.active = id;
  if (id !== null) {
    const kept = documentOf(slice, id);
    kept.appliedEntry = entry;
    slice.appliedVersion = Math.max(slice.appliedVersion, kept.document.version);
  }
  renew(slice, change);
}

/** Another policy holds: what was asked and approved under the one before ends. Denials stay until they expire. */
function renew(slice: PolicySlice, { entry, at }: { readonly entry: number; readonly at: number }): void {
  slice.entry = entry;
  for (const action of slice.actions.values()) if (action.state !== 'denied') end(action, at);
}

/** From `at` on it says nothing any more and is not given back. */
function end(action: Action, at: number): void {
  action.expiresAt = Math.min(action.expiresAt, at);
  if (canExpire(action)) action.state = 'expired';
}

function useGrant(slice: PolicySlice, { document, grant, use }: GrantChange): void {
  documentOf(slice, document).uses.set(grant, use);
}

function actionOf(slice: PolicySlice, id: string): Action {
  const action = slice.actions.get(id);
  assert(action !== undefined, `no action ${id}`);
  return action;
}

function documentOf(slice: PolicySlice, id: string): KeptDocument {
  const kept = slice.documents.get(id);
  assert(kept !== undefined, `no policy document ${id}`);
  return kept;
}

/** Whether an action can still expire: it is open or decided, and not used up. */
export function canExpire({ state }: Action): boolean {
  return state !== 'consumed' && state !== 'expired';
}
