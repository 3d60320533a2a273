// Columns: what a sweep keeps of each instruction, in typed arrays that are used again for the next piece of code.

/** Instructions of one piece of code, in order. Only the first `count` rows hold. */
export interface Columns {
  count: number;
  /** Bytes from the start of the piece. */
  readonly offsets: Uint32Array;
  /** Bytes; 1 where there is no instruction (`FLOW.bad`, x86-64), 4 in AArch64. */
  readonly lengths: Uint8Array;
  /** Values of `FLOW`. */
  readonly flows: Uint8Array;
  /**
   * Address a jump, branch or call goes to, or that the instruction names (RIP-relative, `adr`, `adrp`'s page, literal); -1 for none.
   */
  readonly targets: Float64Array;
}

/** Empty columns for up to `rows` instructions: 17 bytes a row. */
export function columns(rows: number): Columns {
  return {
    count: 0,
    offsets: new Uint32Array(rows),
    lengths: new Uint8Array(rows),
    flows: new Uint8Array(rows),
    targets: new Float64Array(rows),
  };
}

/** What `step` says of one instruction; the caller's, written over at each step. */
export interface Step {
  length: number;
  flow: number;
  /** As in `Columns.targets`. */
  target: number;
}
