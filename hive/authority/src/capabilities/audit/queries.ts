// What others may ask about what witnesses cosigned.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';

/** A cosignature as a witness sent it. */
export interface Cosignature {
  /** Records in the tree. */
  readonly size: number;
  /** Its root, base64. */
  readonly root: string;
  /** Signature line of a note, without its newline. */
  readonly line: string;
  /** The journal entry it came with. */
  readonly entry: number;
}

/** What is kept of one witness. */
export interface Witnessed {
  /** The latest, of the largest tree. */
  readonly latest: Cosignature;
  /** The one before: witnesses come one after the other, and so have a tree in common meanwhile. Null: none yet. */
  readonly before: Cosignature | null;
}

/** By `<name>+<key ID in hex>`. */
export interface AuditSlice {
  readonly witnessed: Map<string, Witnessed>;
}

/** What witnesses cosigned, in no particular order. */
export function cosignaturesIn(state: Readonly<State>): readonly Cosignature[] {
  const { witnessed } = sliceOf<AuditSlice>(state, 'audit');
  return [...witnessed.values()].flatMap(({ latest, before }) => (before === null ? [latest] : [latest, before]));
}
