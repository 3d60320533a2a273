// Policy: lines to certain files need the approval of other persons. Rules come from the settings, or from a signed document
// loaded at run time; documents and actions (requests, approvals, denials) are state here. The gate itself is `gate.ts`,
// called by the kernel as the last check.

import { accept } from '../../kernel/decision.ts';
import type { Capability, Names } from '../../types.ts';
import { inOrder, type PolicySlice, policyChange } from './action.ts';
import { policyCtl } from './ctl.ts';
import { documentViews } from './document-views.ts';
import { canExpire, evolvePolicy } from './evolve.ts';
import { policyInvariants } from './invariants.ts';
import { actionsQueue } from './queue.ts';
import type { LineReader } from './reader.ts';
import { policyViews } from './views.ts';

const actionNames: Names<PolicySlice> = {
  pattern: '/actions/:id',
  list: ({ actions }) => actions.keys(),
  has: ({ actions }, name) => actions.has(name),
};

const documentNames: Names<PolicySlice> = {
  pattern: '/policy/document/:document',
  list: ({ documents }) => documents.keys(),
  has: ({ documents }, name) => documents.has(name),
};

function deadline({ actions }: Readonly<PolicySlice>): number | undefined {
  let earliest: number | undefined;
  for (const action of actions.values()) {
    if (canExpire(action) && (earliest === undefined || action.expiresAt < earliest)) earliest = action.expiresAt;
  }
  return earliest;
}

/** Actions expired by one clock command: its outcome must fit into a journal record. The rest stays due. */
const EXPIRED_PER_TICK_MAX = 64;

/**
 * Policy: `/actions/queue`, `/actions/pending`, `/actions/:id/status`, `/policy/ctl`, `/policy/rules`, `/policy/documents`,
 * `/policy/document/:document`, `/policy/grants`, `/policy/preflight/...`. `read`: a line as its file reads it.
 */
export function policyCapability(read: LineReader): Capability<PolicySlice> {
  return {
    name: 'policy',
    controls: [actionsQueue(read), policyCtl(read)],
    views: [...policyViews, ...documentViews],
    names: [actionNames, documentNames],
    initial: () => ({ actions: new Map(), documents: new Map(), active: null, appliedVersion: 0, entry: 0 }),
    evolve: evolvePolicy,
    invariants: policyInvariants,
    deadline,
    tick: ({ actions }, { at }) =>
      accept({
        changes: inOrder(actions.values())
          .filter((action) => canExpire(action) && action.expiresAt <= at)
          .slice(0, EXPIRED_PER_TICK_MAX)
          .map(({ id }) => policyChange({ kind: 'expire', id })),
      }),
  };
}
