// Addresses that AArch64 makes in two steps: `adrp` names a page, `add`, `ldr` or `str` the place in it. Folding follows the
// last known value of each register through a straight run of code and gives the second instruction the full address.

import type { Columns } from '../columns.ts';
import type { Piece } from '../decoder.ts';
import { FLOW } from '../instruction.ts';
import { wordAt } from './step.ts';

/** What is known of the registers between two sweeps of the same code: address in x0 to x30, -1 where unknown; 31 stays -1. */
export type KnownAddresses = Float64Array;

/** Nothing known: for the first piece. */
export function knownAddresses(): KnownAddresses {
  return new Float64Array(32).fill(-1);
}

/**
 * Rewrites `targets` of swept rows in place: an `add`, load, store or prefetch whose base is known names the full address;
 * `adrp`, and `adr` no less than before, names what it named, but a page alone is no reference any more (-1). A run ends at a
 * jump, a return, a trap and at what is no instruction; a call forgets the registers that it may change. `known` goes on from
 * piece to piece. A label that is jumped to from elsewhere does not end a run: compilers set both halves in one block.
 */
export function foldAddresses(piece: Piece, rows: Columns, known: KnownAddresses): void {
  const { code } = piece;
  for (let row = 0; row < rows.count; row += 1) {
    const flow = rows.flows[row] as number;
    if (flow === FLOW.next) {
      const word = wordAt(code, rows.offsets[row] as number);
      rows.targets[row] = folded(word, rows.targets[row] as number, known);
    } else if (flow === FLOW.call || flow === FLOW.callIndirect) forgetCall(known);
    else if (flow !== FLOW.branch) known.fill(-1);
  }
}

// AAPCS64 6.1.1: x0 to x18 and x30 are the callee's.
function forgetCall(known: KnownAddresses): void {
  known.fill(-1, 0, 19);
  known[30] = -1;
}

/** The address that the word names, with its effect on `known`. */
function folded(word: number, target: number, known: KnownAddresses): number {
  const group = (word >>> 25) & 15;
  if (group === 8 || group === 9) return foldedImmediate(word, target, known);
  if ((group & 5) === 4) return foldedMemory(word, target, known);
  if ((group & 7) === 5) foldedRegister(word, known);
  // Scalar floating point may write a general register; vectors do not.
  else if ((group & 7) === 7) forgetConverted(word, known);
  else if (group === 10 || group === 11) forget(known, word & 31);
  return target;
}

function forget(known: KnownAddresses, register: number): void {
  known[register] = -1;
}

function learn(known: KnownAddresses, register: number, address: number): void {
  known[register] = register === 31 ? -1 : address;
}

// Data processing with an immediate: `adr`, `adrp`, `add` of 64 bits without shift.
function foldedImmediate(word: number, target: number, known: KnownAddresses): number {
  const register = word & 31;
  if ((word & 0x1f000000) === 0x10000000) {
    learn(known, register, target);
    return word < 0 ? -1 : target;
  }
  const base = known[(word >>> 5) & 31] as number;
  if ((word & 0xffc00000) >>> 0 !== 0x91000000 || base < 0) {
    forget(known, register);
    return target;
  }
  const address = base + ((word >>> 10) & 0xfff);
  learn(known, register, address);
  return address;
}

// `mov` of a known register keeps it known; everything else makes a new value.
function foldedRegister(word: number, known: KnownAddresses): void {
  const isMove = (word & 0xffe0ffe0) >>> 0 === 0xaa0003e0;
  learn(known, word & 31, isMove ? (known[(word >>> 16) & 31] as number) : -1);
}

function forgetConverted(word: number, known: KnownAddresses): void {
  if ((word & 0x7f20fc00) === 0x1e200000 || (word & 0x7f200000) === 0x1e000000 || (word & 0xbfe08400) === 0x0e000400)
    forget(known, word & 31);
}

/** Loads and stores: where the access goes, and which registers it changes. */
function foldedMemory(word: number, target: number, known: KnownAddresses): number {
  const base = known[(word >>> 5) & 31] as number;
  const displacement = displacementOf(word);
  const address = base >= 0 && displacement !== undefined ? base + displacement : target;
  forgetLoaded(word, known);
  return address < 0 ? -1 : address;
}

/** Bytes behind the base, for modes that add a number to it; undefined for the others. */
function displacementOf(word: number): number | undefined {
  const size = word >>> 30;
  // Unsigned offset: scaled by the size; vectors of 128 bits have size 0 and opc 2 or 3.
  if ((word & 0x3b000000) === 0x39000000) {
    const isWhole = (word & 0x04800000) === 0x04800000;
    return ((word >>> 10) & 0xfff) * (isWhole ? 16 : 1 << size);
  }
  // Unscaled and pre-indexed: nine bits.
  if ((word & 0x3b200400) === 0x38000000 || (word & 0x3b200c00) === 0x38000c00) return (word << 11) >> 23;
  // Pairs, without and with write-back before: seven bits of the size.
  if ((word & 0x3b000000) === 0x29000000) {
    const isVector = (word & 0x04000000) !== 0;
    const scale = isVector ? 4 << size : size === 2 ? 8 : 4;
    return ((word << 10) >> 25) * scale;
  }
  return undefined;
}

/** Registers that a load or store writes become unknown: the loaded ones, and a base that is written back. */
function forgetLoaded(word: number, known: KnownAddresses): void {
  const isVector = (word & 0x04000000) !== 0;
  const isPlain = (word & 0x3a000000) === 0x38000000;
  const isStore = isPlain && (word & 0x00c00000) === 0 && (word & 0x01200c00) !== 0x00200000;
  const isPair = (word & 0x3a000000) === 0x28000000;
  const isPairStore = isPair && (word & 0x00400000) === 0;
  if (!isVector && !isStore && !isPairStore) forget(known, word & 31);
  if (isPair && !isVector && !isPairStore) forget(known, (word >>> 10) & 31);
  const writesBack = (isPlain && (word & 0x01200400) === 0x00000400) || (isPair && (word & 0x00800000) !== 0);
  // Exclusive stores and atomics put a result into Rs.
  const isExclusive = (word & 0x3f000000) === 0x08000000;
  if (isExclusive) {
    forget(known, (word >>> 16) & 31);
    forget(known, (word >>> 10) & 31);
  }
  // Structures of vectors with write-back behind.
  const isStructureStep = (word & 0xbe800000) === 0x0c800000;
  if (writesBack || isStructureStep) forget(known, (word >>> 5) & 31);
  if ((word & 0x3b200c00) === 0x19000400) forgetCopied(word, known);
}

/** Memory copies and sets move all three of their registers on. */
function forgetCopied(word: number, known: KnownAddresses): void {
  for (const low of [0, 5, 16]) forget(known, (word >>> low) & 31);
}
