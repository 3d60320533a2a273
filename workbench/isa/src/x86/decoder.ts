// The decoder of x86-64: the sweep's own tables for columns, iced for what people and planners ask of one instruction.

import { assert } from '@cohesix/check';
import { type Columns, columns, type Step } from '../columns.ts';
import type { Decoder, Piece, TextOptions } from '../decoder.ts';
import type { Instruction } from '../instruction.ts';
import { type Found, instructionOf } from './instruction.ts';
import { MARGIN, sweepRows } from './sweep.ts';
import { textOf } from './text.ts';

/** x86-64 in 64-bit mode. Its first `instruction` or `text` loads iced (about 60 ms). */
export const x86: Decoder = {
  isa: 'x86-64',
  alignment: 1,
  lengthMax: 15,
  step: stepAt,
  sweep: sweepFrom,
  instruction: (piece: Piece, offset: number): Instruction => instructionOf(found(piece, offset)),
  text: (piece: Piece, offset: number, options?: TextOptions): string => textOf(found(piece, offset), options),
};

const ONE_ROW: Columns = columns(1);
/** A piece's last bytes, with room behind them; the sweep reads ahead. */
const TAIL_BYTES = new Uint8Array(2 * MARGIN);

function sweepFrom(piece: Piece, offset: number, into: Columns): number {
  const { code, address } = piece;
  into.count = 0;
  const inside = code.length - MARGIN;
  let next = offset;
  if (next < inside) next = sweepRows(plain(code), { offset, until: inside, end: code.length, address, base: 0 }, into);
  return next < code.length ? sweepTail(piece, next, into) : next;
}

/** The loop has seen one kind of array only, and stays fast: a Buffer is another kind. */
function plain(code: Uint8Array): Uint8Array {
  return code.constructor === Uint8Array ? code : new Uint8Array(code.buffer, code.byteOffset, code.length);
}

function sweepTail(piece: Piece, offset: number, into: Columns): number {
  const { code, address } = piece;
  const size = code.length - offset;
  if (size > MARGIN || into.count === into.offsets.length) return offset;
  TAIL_BYTES.fill(0);
  TAIL_BYTES.set(code.subarray(offset));
  const range = { offset: 0, until: size, end: size, address: address + offset, base: offset };
  return offset + sweepRows(TAIL_BYTES, range, into);
}

function stepAt(piece: Piece, offset: number, step: Step): void {
  const { code, address } = piece;
  assert(offset >= 0 && offset < code.length, 'an instruction starts inside its piece');
  ONE_ROW.count = 0;
  if (offset + MARGIN < code.length) {
    sweepRows(plain(code), { offset, until: offset + 1, end: code.length, address, base: 0 }, ONE_ROW);
  } else sweepTail(piece, offset, ONE_ROW);
  step.length = ONE_ROW.lengths[0] as number;
  step.flow = ONE_ROW.flows[0] as number;
  step.target = ONE_ROW.targets[0] as number;
}

function found(piece: Piece, offset: number): Found {
  const step: Step = { length: 1, flow: 0, target: -1 };
  stepAt(piece, offset, step);
  return { piece, offset, step };
}
