// Who approved a line that is being decided: for rooms that keep it with what they do.

import type { Party } from '../../principal.ts';
import type { ParsedCommand, State } from '../../types.ts';
import { type PolicyChange, policySlice } from './action.ts';
import { policyGate } from './gate.ts';

/** Those whose approval the policy will use up for this line; none where no rule asks for one, or a grant lets it through. */
export function approversOf(state: Readonly<State>, command: ParsedCommand): readonly Party[] {
  const passed = policyGate(state, command);
  if (passed.kind === 'refuse') return [];
  return passed.changes.flatMap(({ change }) => {
    const { kind, ...used } = change as PolicyChange;
    return kind === 'consume' && 'id' in used
      ? (policySlice(state).actions.get(String(used.id))?.approvedBy ?? [])
      : [];
  });
}
