// The one interface of both instruction sets.

import type { Columns, Step } from './columns.ts';
import type { Instruction, Isa } from './instruction.ts';

/** A piece of code and where it is loaded. */
export interface Piece {
  /** Borrowed. */
  readonly code: Uint8Array;
  /** Address of `code[0]`. */
  readonly address: number;
}

/** How text is written. */
export interface TextOptions {
  /** Name of an address, to show `call printf` and `lea rax, [message]`; undefined where there is none. */
  readonly nameOf?: (address: number) => string | undefined;
}

/** Reads one instruction set. Without state that a caller could notice. */
export interface Decoder {
  readonly isa: Isa;
  /** Every instruction starts at a multiple of it. */
  readonly alignment: 1 | 4;
  readonly lengthMax: number;
  /** Reads the instruction at `offset` of the piece into `step`: length at least 1, `FLOW.bad` for what is none or is cut off. */
  step(piece: Piece, offset: number, step: Step): void;
  /** Reads from `offset` on, one instruction after the other, until the piece or the rows end; gives the offset after the last. */
  sweep(piece: Piece, offset: number, columns: Columns): number;
  /** Everything about the instruction at `offset`. */
  instruction(piece: Piece, offset: number): Instruction;
  /** The instruction at `offset` as text: Intel syntax of x86-64 as objdump writes it, Arm's of AArch64 as llvm-objdump writes it. */
  text(piece: Piece, offset: number, options?: TextOptions): string;
}
