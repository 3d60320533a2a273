// Policy: lines to certain files need the approval of a second person. Rules come from the settings; actions
// (requests, approvals, denials) are state here. The gate itself is `gate.ts`, called by the kernel as the last check.

import { assert, unreachable } from '@cohesix/check';
import { accept } from '../../kernel/decision.ts';
import type { Capability, Names, State } from '../../types.ts';
import { settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, type PolicyChange, type PolicySlice, policyChange } from './action.ts';
import { actionsQueue } from './queue.ts';
import { policyViews } from './views.ts';

const actionNames: Names<PolicySlice> = {
  pattern: '/actions/:id',
  list: ({ actions }) => actions.keys(),
  has: ({ actions }, name) => actions.has(name),
};

function evolve(slice: PolicySlice, change: PolicyChange): void {
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
    const parties = action.state === 'denied' ? [action.decidedBy] : [action.askedBy, action.decidedBy];
    if (!parties.some((party) => party?.ticketIds.includes(revoked.ticketId))) continue;
    action.expiresAt = Math.min(action.expiresAt, revoked.at);
    if (canExpire(action)) action.state = 'expired';
  }
}

function actionOf(slice: PolicySlice, id: string): Action {
  const action = slice.actions.get(id);
  assert(action !== undefined, `no action ${id}`);
  return action;
}

function canExpire({ state }: Action): boolean {
  return state !== 'consumed' && state !== 'expired';
}

function deadline({ actions }: Readonly<PolicySlice>): number | undefined {
  let earliest: number | undefined;
  for (const action of actions.values()) {
    if (canExpire(action) && (earliest === undefined || action.expiresAt < earliest)) earliest = action.expiresAt;
  }
  return earliest;
}

function invariants({ actions }: Readonly<PolicySlice>, state: Readonly<State>): string[] {
  const broken: string[] = [];
  for (const [key, action] of actions) {
    if (key !== action.id) broken.push(`policy: action ${action.id} is kept as ${key}`);
    if ((action.state === 'consumed') !== (action.consumedEntry !== null)) {
      broken.push(`policy: action ${action.id} is ${action.state} with entry ${action.consumedEntry}`);
    }
    if (action.state === 'queued' && action.decidedBy === null) broken.push(`policy: nobody approved ${action.id}`);
    if (action.askedBy !== null && action.askedBy.subject === action.decidedBy?.subject) {
      broken.push(`policy: ${action.askedBy.subject} decided the own request ${action.id}`);
    }
  }
  if (actions.size > Math.max(settingsIn(state).policy.approvals_max, APPROVALS_EVER_MAX)) {
    broken.push(`policy: ${actions.size} actions are kept`);
  }
  return broken;
}

/** Most actions any settings allow (`policy.approvals_max`); lowering the setting drops nothing by itself. */
const APPROVALS_EVER_MAX = 4096;

/** Actions expired by one clock command: its outcome must fit into a journal record. The rest stays due. */
const EXPIRED_PER_TICK_MAX = 64;

/** Policy: `/actions/queue`, `/actions/pending`, `/actions/:id/status`, `/policy/rules`, `/policy/preflight/...`. */
export const policyCapability: Capability<PolicySlice> = {
  name: 'policy',
  controls: [actionsQueue],
  views: policyViews,
  names: [actionNames],
  initial: () => ({ actions: new Map() }),
  evolve,
  invariants,
  deadline,
  tick: ({ actions }, { at }) =>
    accept({
      changes: inOrder(actions.values())
        .filter((action) => canExpire(action) && action.expiresAt <= at)
        .slice(0, EXPIRED_PER_TICK_MAX)
        .map(({ id }) => policyChange({ kind: 'expire', id })),
    }),
};
