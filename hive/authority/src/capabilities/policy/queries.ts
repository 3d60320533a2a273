// What others may ask of the policy.

import { assert } from '@cohesix/check';
import { SYSTEM_ROLE } from '../../principal.ts';
import type { Command, Outcome, State } from '../../types.ts';
import { settingsIn } from '../settings/queries.ts';
import { type PolicyChange, policySlice } from './action.ts';
import { ruleFor } from './rules.ts';

/**
 * Why the policy let a line through: the hive wrote it itself, no rule covers its file, or a rule does and an approval was
 * used up for it.
 */
export type Admission = 'system' | 'open' | { readonly rule: string; readonly approval: string };

/** The admission of an accepted line; `state` is the one it was decided in. */
export function admissionOf(state: Readonly<State>, { who }: Command, outcome: Outcome): Admission {
  if (who.role === SYSTEM_ROLE) return 'system';
  const used = outcome.ok ? outcome.changes.find(isConsumption) : undefined;
  if (used === undefined) return 'open';
  // The file of the approval, not of the command: an intent carries a line for another file.
  const target = policySlice(state).actions.get(used.change.id)?.target;
  const rule = target === undefined ? undefined : ruleFor(settingsIn(state), target);
  assert(rule !== undefined, 'an approval is used up only under a rule');
  return { rule: rule.id, approval: used.change.id };
}

interface Consumption {
  readonly capability: 'policy';
  readonly change: Extract<PolicyChange, { kind: 'consume' }>;
}

function isConsumption(change: { capability: string; change: unknown }): change is Consumption {
  return change.capability === 'policy' && (change.change as PolicyChange).kind === 'consume';
}
