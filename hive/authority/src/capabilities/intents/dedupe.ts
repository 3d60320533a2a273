// What is remembered of intents, so that a repeat gives the first answer and does nothing. Accepted ones are kept, newest
// `intents.dedupe_max`; what is forgotten leaves a floor, the greatest issue time among the forgotten. An unknown intent
// that was issued at or before the floor may be a forgotten one, so it is refused: nothing is ever done twice, and the table
// never refuses new work because it is full.

import { unreachable } from '@cohesix/check';
import type { Acceptance, Change } from '../../types.ts';

/** An accepted intent. */
export interface Known {
  readonly id: string;
  readonly idempotencyKey: string;
  /** Canonical JSON of the line: a repeat has the same. */
  readonly body: string;
  readonly subject: string;
  readonly issuedMs: number;
  readonly target: string;
  /** Journal entry at which it was carried out; the order of the intents. */
  readonly entry: number;
  /** What the line it carried was answered. */
  readonly reply: NonNullable<Acceptance['reply']>;
}

/** Accepted intents by `keyOf`. */
export interface IntentsSlice {
  readonly known: Map<string, Known>;
  /** Greatest issue time of a forgotten intent, ms; 0 while none was forgotten. */
  floorMs: number;
  /** Intents carried out, and repeats that were answered. */
  accepted: number;
  duplicates: number;
}

/** A change of what is known. */
export type IntentsChange =
  | { readonly kind: 'know'; readonly known: Known; readonly max: number }
  | { readonly kind: 'duplicate' };

/** Wraps a change with its owner. */
export function intentsChange(change: IntentsChange): Change {
  return { capability: 'intents', change };
}

/** Key of an intent: its id and its idempotency key together. No token has a blank. */
export function keyOf({ id, idempotencyKey }: Pick<Known, 'id' | 'idempotencyKey'>): string {
  return `${id} ${idempotencyKey}`;
}

/** Known intents, oldest first. */
export function inOrder({ known }: Readonly<IntentsSlice>): Known[] {
  return [...known.values()].sort((left, right) => left.entry - right.entry);
}

/** Applies a change in place. */
export function evolveIntents(slice: IntentsSlice, change: IntentsChange): void {
  switch (change.kind) {
    case 'know':
      slice.known.set(keyOf(change.known), change.known);
      slice.accepted += 1;
      return forgetOldest(slice, change.max);
    case 'duplicate':
      slice.duplicates += 1;
      return;
    default:
      unreachable(change);
  }
}

/** One at a time in the usual case; more after a boot with a lower maximum. */
function forgetOldest(slice: IntentsSlice, max: number): void {
  if (slice.known.size <= max) return;
  for (const gone of inOrder(slice).slice(0, slice.known.size - max)) {
    slice.known.delete(keyOf(gone));
    slice.floorMs = Math.max(slice.floorMs, gone.issuedMs);
  }
}
