// Classes of words for the flow sweep.

/** What the top eleven bits say; `flow-classes.ts` fills the table. */
export const GROUP = {
  next: 0,
  /** Partly unallocated: the encodings decide. */
  ask: 1,
  jump: 2,
  call: 3,
  /** `b.cond`, `bc.cond`, `cbz`, `cbnz`, `ldr` and `prfm` (literal): 19 bits of words from bit 5. */
  branch19: 4,
  literal: 5,
  /** `tbz`, `tbnz`: 14 bits of words from bit 5. */
  branch14: 6,
  adr: 7,
  adrp: 8,
  /** Exceptions (`brk`, `hlt` stop) and branches to a register. */
  exception: 9,
  register: 10,
  /** The word 0 to 0xffff: permanently undefined, `udf`. */
  udf: 11,
} as const;
