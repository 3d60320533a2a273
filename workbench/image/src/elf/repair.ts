// An ELF file has no checksum and no signature of its own. What an edit leaves behind is the build id, a name that debuggers
// and package archives find the file's symbols by.

import type { Edit } from '../edit.ts';
import type { Image } from '../image.ts';
import type { Repaired } from '../repair.ts';

/** The edits as they are, and what they mean for the build id. */
export function elfRepair({ detail }: Image, edits: readonly Edit[]): Repaired {
  if (edits.length === 0 || detail.format !== 'elf' || detail.buildId === undefined) return { edits, repairs: [] };
  const text = `the build id ${detail.buildId} is kept: it still names the original, whose symbols debuggers will find`;
  return { edits, repairs: [{ what: 'build-id', outcome: 'broken', text }] };
}
