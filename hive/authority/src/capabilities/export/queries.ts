// What others may ask about export windows: whether something may leave the hive now.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { Change, State } from '../../types.ts';

/** A window: until it ends, what belongs to its id may leave the hive. */
export interface Window {
  readonly id: string;
  readonly ttlS: number;
  /** When it was last opened, ms. */
  readonly openedAt: number;
  /** Its end, ms: from this millisecond on it is shut. */
  readonly expiresAt: number;
  /** Journal entry that opened it last. */
  readonly entry: number;
  readonly by: Party;
}

/** Windows that were not closed, by id, and how often what happened to one. */
export interface ExportSlice {
  readonly windows: Map<string, Window>;
  opened: number;
  closed: number;
  expired: number;
}

/** A change of the windows. */
export type ExportChange =
  | { readonly kind: 'open'; readonly window: Window }
  | { readonly kind: 'close'; readonly id: string }
  | { readonly kind: 'expire'; readonly id: string }
  | { readonly kind: 'void'; readonly ticketId: string };

/** Wraps a change with its owner. */
export function exportChange(change: ExportChange): Change {
  return { capability: 'export', change };
}

/** Whether a window is open at `at`, ms. Nothing leaves outside one: ask with the time of the very act. */
export function isWindowOpen(state: Readonly<State>, id: string, at: number): boolean {
  const window = sliceOf<ExportSlice>(state, 'export').windows.get(id);
  return window !== undefined && at < window.expiresAt;
}

/** Shuts the windows that a revoked ticket, or one made from it, opened. */
export function voidWindows(ticketId: string): Change {
  return exportChange({ kind: 'void', ticketId });
}
