// Giving an approval back: the line was accepted, its effect failed, so nothing happened and the approval holds again
// until it expires.

import type { Change, State } from '../../types.ts';
import { inOrder, policyChange, policySlice } from './action.ts';

/**
 * The changes that give back what the line of journal entry `entry` used up: of an intent its own approval and that of the line
 * it carried. None of what expired or was dropped.
 */
export function refundChanges(
  state: Readonly<State>,
  spent: { readonly entry: number; readonly at: number },
): { readonly changes: readonly Change[]; readonly log: readonly string[] } {
  const used = inOrder(policySlice(state).actions.values()).filter(
    ({ state: is, consumedEntry, expiresAt }) =>
      is === 'consumed' && consumedEntry === spent.entry && spent.at < expiresAt,
  );
  return {
    changes: used.map(({ id }) => policyChange({ kind: 'refund', id })),
    log: used.map(({ id }) => `policy-action refunded id=${id} entry=${spent.entry}`),
  };
}
