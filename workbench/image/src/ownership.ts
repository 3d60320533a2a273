// Who owns which bytes of the file. Ranges are in file order and do not overlap: where a hostile file claims bytes twice the
// first claim holds. What nobody claims is slack, which a patch may use.

import type { Offset } from './units.ts';

/** Kind of owner, for colours and for rules (a patch may write `slack` and `code`; a change of `header` is a repair). */
export type OwnerKind = 'header' | 'table' | 'code' | 'data' | 'debug' | 'signature' | 'slack' | 'overlay' | 'other';

/** A run of bytes with one owner. */
export interface OwnedRange {
  readonly offset: Offset;
  readonly size: number;
  readonly kind: OwnerKind;
  /** `ELF header`, `.text`, `LC_CODE_SIGNATURE`, `slack after .text`. */
  readonly owner: string;
}

/** The whole file, without holes and without overlap; empty for an empty file. */
export type Ownership = readonly OwnedRange[];
