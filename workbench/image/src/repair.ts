// What must be made right after an edit, or honestly dropped: checksums, signatures, hashes.

import type { Edit } from './edit.ts';

/** One consequence of the edits. */
export interface Repair {
  /** `pe-checksum`, `authenticode`, `code-directory`, `ape-slot`, … */
  readonly what: string;
  /** `made`: the new value is in the edits. `dropped`: taken away, the file says so. `broken`: left, and no longer holds. */
  readonly outcome: 'made' | 'dropped' | 'broken';
  /** For people: what it means for them. */
  readonly text: string;
}

/** All edits, those of the repairs merged in, and what was repaired. */
export interface Repaired {
  readonly edits: readonly Edit[];
  readonly repairs: readonly Repair[];
}
