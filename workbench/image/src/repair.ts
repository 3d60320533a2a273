// What must be made right after an edit, or honestly dropped: checksums, signatures, hashes.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Edit } from './edit.ts';
import { elfRepair } from './elf/repair.ts';
import type { Image } from './image.ts';
import { machoRepair } from './macho/repair.ts';
import { peRepair } from './pe/repair.ts';

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

/** What `repair` needs from its caller. */
export interface RepairOptions {
  /** SHA-256 of bytes, for signatures that are made anew. */
  readonly sha256?: (bytes: Uint8Array) => Uint8Array;
}

/** Makes right what `edits` leave wrong, or says what no longer holds. The edits of the repairs are merged in, in order. */
export function repair(image: Image, edits: readonly Edit[], options: RepairOptions = {}): Outcome<Repaired> {
  if (image.detail.format === 'elf') return accepted(elfRepair(image, edits));
  if (image.detail.format === 'pe') return peRepair(image, edits);
  if (image.detail.format === 'macho') return machoRepair(image, edits, options);
  return refused(`repair of ${image.detail.format} files is not made yet`);
}
