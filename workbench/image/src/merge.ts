// Edits of repairs put among those of a patch.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Edit } from './edit.ts';

/** All edits by offset. Refuses when two of them touch the same bytes. */
export function mergeEdits(edits: readonly Edit[], more: readonly Edit[]): Outcome<readonly Edit[]> {
  const all = [...edits, ...more].sort((left, right) => left.offset - right.offset);
  for (const [index, { offset, reason }] of all.entries()) {
    const before = all[index - 1];
    if (before !== undefined && before.offset + before.before.length > offset)
      return refused(
        `the edit at ${offset} (${reason}) touches bytes of the edit at ${before.offset} (${before.reason})`,
      );
  }
  return accepted(all);
}

/** Whether an edit touches `bytes[start..end)`. */
export function touches({ offset, before }: Edit, start: number, end: number): boolean {
  return offset < end && offset + before.length > start;
}
