// Giving an approval back: the line was accepted, its effect failed, so nothing happened and the approval holds again
// until it expires.

import type { Change, State } from '../../types.ts';
import { policyChange, policySlice } from './action.ts';

/** The changes that give back what the line of journal entry `entry` used up; none when it expired or was dropped. */
export function refundChanges(
  state: Readonly<State>,
  spent: { readonly entry: number; readonly at: number },
): { readonly changes: readonly Change[]; readonly log: readonly string[] } {
  for (const { id, state: is, consumedEntry, expiresAt } of policySlice(state).actions.values()) {
    if (is !== 'consumed' || consumedEntry !== spent.entry || spent.at >= expiresAt) continue;
    return {
      changes: [policyChange({ kind: 'refund', id })],
      log: [`policy-action refunded id=${id} entry=${spent.entry}`],
    };
  }
  return { changes: [], log: [] };
}
