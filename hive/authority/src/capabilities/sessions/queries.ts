// What others may ask about revoked tickets.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';

/** Path of the control file of sessions. */
export const SESSION_CTL = '/queen/session/ctl';

/** One revocation. */
export interface Revocation {
  /** When, ms since the epoch. */
  readonly at: number;
  /** The journal entry that revoked it. */
  readonly entry: number;
  readonly by: string;
  readonly reason: string;
  /** When the ticket would have expired, ms; then the revocation is forgotten. Null: never. */
  readonly expiresAt: number | null;
}

/** Revoked ticket ids. */
export interface SessionsSlice {
  readonly revoked: Map<string, Revocation>;
}

/** Whether any ticket of a chain is revoked; children fall with their parents. */
export function isRevoked(state: Readonly<State>, ticketIds: readonly string[]): boolean {
  const { revoked } = sliceOf<SessionsSlice>(state, 'sessions');
  return revoked.size > 0 && ticketIds.some((id) => revoked.has(id));
}
