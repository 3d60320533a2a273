// The flow sweep of AArch64: one word of four bytes after the other, only what control flow and references need. Source: Arm
// Architecture Reference Manual (DDI 0487), C4.1 "A64 instruction set encoding"; the groups' names are in the comments.
//
// A table by the top eleven bits says at once what most words are; only groups that are partly unallocated ask the full table
// of encodings (tree.ts).

import type { Columns, Step } from '../columns.ts';
import type { Piece } from '../decoder.ts';
import { FLOW } from '../instruction.ts';
import { flowClasses } from './flow-classes.ts';
import { GROUP } from './group.ts';
import { encodingOf, NONE } from './tree.ts';

/** Reads the word at `offset`; a piece that ends inside it has no instruction there. */
export function step(piece: Piece, offset: number, into: Step): void {
  const { code, address } = piece;
  into.target = -1;
  into.flow = FLOW.bad;
  into.length = Math.max(1, Math.min(4, code.length - offset));
  if (into.length < 4) return;
  const word = wordAt(code, offset);
  const group = flowClasses()[((word >>> 18) & 0x3ff8) | ((word >>> 13) & 7)] as number;
  into.flow = flowOf(group, word);
  if (group >= GROUP.jump && group <= GROUP.adrp) into.target = targetOf(group, word, address + offset);
}

/** Sweeps whole words from `offset` on; gives the offset after the last. */
export function sweep(piece: Piece, offset: number, into: Columns): number {
  const { code, address } = piece;
  const { offsets, lengths, flows, targets } = into;
  const classes = flowClasses();
  const end = offset + Math.min(offsets.length, (code.length - offset) >> 2) * 4;
  let row = 0;
  let at = offset;
  for (; at < end; at += 4, row += 1) {
    const word = wordAt(code, at);
    const group = classes[((word >>> 18) & 0x3ff8) | ((word >>> 13) & 7)] as number;
    offsets[row] = at;
    lengths[row] = 4;
    if (group === GROUP.next) {
      flows[row] = FLOW.next;
      targets[row] = -1;
      continue;
    }
    flows[row] = flowOf(group, word);
    targets[row] = group >= GROUP.jump && group <= GROUP.adrp ? targetOf(group, word, address + at) : -1;
  }
  into.count = row;
  return cutOff(code.length, at, into);
}

/** One to three bytes that are left at the end of the piece are a row of their own: no instruction. */
function cutOff(size: number, at: number, into: Columns): number {
  const rest = size - at;
  if (rest <= 0 || rest >= 4 || into.count >= into.offsets.length) return at;
  into.offsets[into.count] = at;
  into.lengths[into.count] = rest;
  into.flows[into.count] = FLOW.bad;
  into.targets[into.count] = -1;
  into.count += 1;
  return size;
}

/** The word at `offset`, little-endian as all A64 code, as a signed 32-bit integer. */
export function wordAt(code: Uint8Array, offset: number): number {
  return (
    (code[offset] as number) |
    ((code[offset + 1] as number) << 8) |
    ((code[offset + 2] as number) << 16) |
    ((code[offset + 3] as number) << 24)
  );
}

function flowOf(group: number, word: number): number {
  switch (group) {
    case GROUP.ask:
      return encodingOf(word) === NONE ? FLOW.bad : FLOW.next;
    case GROUP.jump:
      return FLOW.jump;
    case GROUP.call:
      return FLOW.call;
    case GROUP.branch19:
    case GROUP.branch14:
      // `b.al` and `b.nv` (conditions 14 and 15) always branch.
      return (word & 0xff00000e) === 0x5400000e ? FLOW.jump : FLOW.branch;
    case GROUP.udf:
      return (word & 0xffff0000) === 0 ? FLOW.trap : FLOW.bad;
    case GROUP.exception:
      return exceptionFlow(word);
    case GROUP.register:
      return registerFlow(word);
    default:
      return FLOW.next;
  }
}

// C4.1.93 "Exception generation": opc is bits 21-23, LL bits 0-1.
function exceptionFlow(word: number): number {
  if (encodingOf(word) === NONE) return FLOW.bad;
  const opc = (word >>> 21) & 7;
  return opc === 1 || opc === 2 ? FLOW.trap : FLOW.next;
}

// C4.1.93 "Unconditional branch (register)": opc is bits 21-24; bit 3 of it only says whether a modifier register is used.
function registerFlow(word: number): number {
  if (encodingOf(word) === NONE) return FLOW.bad;
  if (word >>> 24 === 0x55) return FLOW.return;
  const opc = (word >>> 21) & 7;
  if (opc === 0) return FLOW.jumpIndirect;
  return opc === 1 ? FLOW.callIndirect : FLOW.return;
}

function targetOf(group: number, word: number, pc: number): number {
  const target = pcRelative(group, word, pc);
  return target < 0 ? -1 : target;
}

function pcRelative(group: number, word: number, pc: number): number {
  switch (group) {
    case GROUP.jump:
    case GROUP.call:
      return pc + ((word << 6) >> 6) * 4;
    case GROUP.branch14:
      return pc + ((word << 13) >> 18) * 4;
    case GROUP.adr:
      return pc + adrOffset(word);
    case GROUP.adrp:
      return pc - (pc % 4096) + adrOffset(word) * 4096;
    default:
      return pc + ((word << 8) >> 13) * 4;
  }
}

/** The 21 bits of `adr` and `adrp`: high part from bit 5, low two bits at bit 29. */
export function adrOffset(word: number): number {
  return ((word << 8) >> 13) * 4 + ((word >>> 29) & 3);
}
