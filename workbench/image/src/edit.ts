// Edits: the only way a file changes. Each names the bytes it expects and the bytes it leaves, in offsets of the original;
// saving copies the original and writes them in. No edit, no change: byte-identical by construction.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Offset } from './units.ts';

/** Replaces `before` by `after` at `offset` of the original. Sizes are equal, but for one edit that reaches the file's end. */
export interface Edit {
  readonly offset: Offset;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Why, for people: `jump to the hook`, `PE checksum`. */
  readonly reason: string;
}

/**
 * The bytes of `original` with `edits` made; a copy, also when there are none. Edits are in ascending order and do not overlap;
 * only the last may change the size, and then it reaches the end of the file. Refuses when `before` is not what is there.
 */
export function save(original: Uint8Array, edits: readonly Edit[]): Outcome<Uint8Array> {
  const problem = problemOf(original, edits);
  if (problem !== undefined) return refused(problem);
  const growth = edits.reduce((sum, { before, after }) => sum + after.length - before.length, 0);
  const saved = new Uint8Array(original.length + growth);
  saved.set(growth < 0 ? original.subarray(0, saved.length) : original);
  for (const { offset, after } of edits) saved.set(after, offset);
  return accepted(saved);
}

function problemOf(original: Uint8Array, edits: readonly Edit[]): string | undefined {
  let end = 0;
  for (const [index, edit] of edits.entries()) {
    const { offset, before, after } = edit;
    const where = `the edit at ${offset} (${edit.reason})`;
    if (!Number.isSafeInteger(offset) || offset < end) return `${where} overlaps the one before it or is out of order`;
    if (offset + before.length > original.length) return `${where} lies outside the file of ${original.length} bytes`;
    if (!isAt(original, offset, before)) return `${where} expects other bytes than the file has`;
    end = offset + before.length;
    if (after.length === before.length) continue;
    if (index !== edits.length - 1 || end !== original.length)
      return `${where} changes the size inside the file; only its end may grow or shrink`;
  }
  return undefined;
}

function isAt(bytes: Uint8Array, offset: number, expected: Uint8Array): boolean {
  return expected.every((byte, index) => bytes[offset + index] === byte);
}

/** Edits that undo `edits` on the file they made: same places, bytes exchanged. */
export function inverse(edits: readonly Edit[]): readonly Edit[] {
  return edits.map(({ offset, before, after, reason }) => ({
    offset,
    before: after,
    after: before,
    reason: `undo: ${reason}`,
  }));
}
