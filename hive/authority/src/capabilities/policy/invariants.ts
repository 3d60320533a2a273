// What must hold of the policy after every line.

import { areTwoPersons } from '../../principal.ts';
import type { State } from '../../types.ts';
import { settingsIn } from '../settings/queries.ts';
import type { Action, PolicySlice } from './action.ts';
import type { KeptDocument } from './kept.ts';

/** Most actions any settings allow (`policy.approvals_max`); lowering the setting drops nothing by itself. */
const APPROVALS_EVER_MAX = 4096;

/** Most documents any settings keep (`policy.documents_max`). */
const DOCUMENTS_EVER_MAX = 8;

/** The broken rules, as sentences. */
export function policyInvariants(slice: Readonly<PolicySlice>, state: Readonly<State>): string[] {
  const { actions, documents } = slice;
  const broken = [...actions].flatMap(([key, action]) => actionProblems(key, action, slice));
  for (const [key, kept] of documents) broken.push(...documentProblems(key, kept, slice));
  if (actions.size > Math.max(settingsIn(state).policy.approvals_max, APPROVALS_EVER_MAX)) {
    broken.push(`policy: ${actions.size} actions are kept`);
  }
  if (documents.size > DOCUMENTS_EVER_MAX) broken.push(`policy: ${documents.size} documents are kept`);
  if (slice.active !== null && documents.get(slice.active)?.appliedEntry == null) {
    broken.push(`policy: the active document ${slice.active} was never applied`);
  }
  return broken;
}

function actionProblems(key: string, action: Action, { entry }: Readonly<PolicySlice>): string[] {
  const { id, state, askedBy, decidedBy, approvedBy, needs } = action;
  const broken: string[] = [];
  if (key !== id) broken.push(`policy: action ${id} is kept as ${key}`);
  if ((state === 'consumed') !== (action.consumedEntry !== null))
    broken.push(`policy: action ${id} is ${state} with entry ${action.consumedEntry}`);
  if (state === 'queued' && approvedBy.length < needs) broken.push(`policy: ${approvedBy.length} approved ${id}`);
  if (state === 'requested' && approvedBy.length >= needs) broken.push(`policy: enough approved ${id}`);
  if ((state === 'requested' || state === 'queued') && action.policyEntry !== entry)
    broken.push(`policy: action ${id} is of another policy`);
  if (askedBy !== null && askedBy.subject === decidedBy?.subject)
    broken.push(`policy: ${askedBy.subject} decided the own request ${id}`);
  const persons = askedBy === null ? approvedBy : [askedBy, ...approvedBy];
  for (const [index, one] of persons.entries())
    if (persons.slice(0, index).some((other) => !areTwoPersons(one, other)))
      broken.push(`policy: ${one.subject} counts twice for ${id}`);
  return broken;
}

function documentProblems(key: string, kept: KeptDocument, { appliedVersion }: Readonly<PolicySlice>): string[] {
  const { document, uses, appliedEntry } = kept;
  const broken: string[] = [];
  if (key !== document.id) broken.push(`policy: document ${document.id} is kept as ${key}`);
  if (appliedEntry !== null && document.version > appliedVersion)
    broken.push(`policy: version ${document.version} was applied, and the highest is ${appliedVersion}`);
  for (const [id, { used }] of uses) {
    const grant = document.grants.find((one) => one.id === id);
    if (grant === undefined || used > grant.uses) broken.push(`policy: grant ${id} let ${used} lines through`);
  }
  return broken;
}
