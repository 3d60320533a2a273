// Code that is moved: instructions that name places relative to themselves are encoded anew, or become a longer sequence that
// does the same, or the whole is refused. Everything else is copied word by word.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Relocated } from '../assembly.ts';
import type { Move } from '../x86/relocate.ts';
import { adrOffset, wordAt } from './step.ts';
import { encodingOf, NONE } from './tree.ts';

/** A word that is written out, or what is still to be found out about it. */
interface Displaced {
  readonly word: number;
  /** Offset in the old code. */
  readonly offset: number;
  /** Old address that it names; undefined for words that name none. */
  readonly target: number | undefined;
}

/** Code of a hook's displaced instructions is a few words; more is a mistake. */
const WORDS_MAX = 65_536;
const ROUNDS_MAX = 16;
const NOP = 0xd503201f;

/**
 * The same code for another address. A branch or reference to inside the code goes to the moved instruction. `b` and `bl` out
 * of reach go through x16 and a literal, as linkers' veneers do (AAPCS64 6.1.1 leaves x16 and x17 to them); conditional branches
 * are turned round over a `b`; `adr` and literal loads become `adrp` and a second instruction in the same register. Refuses
 * words that are no instruction, and what would need a register that nobody gives. In pages guarded by BTI a place reached through
 * x16 must begin with `bti c` or `bti jc`: who moves code there that far has to look.
 */
export function relocateA64(code: Uint8Array, move: Move): Outcome<Relocated> {
  if (move.from % 4 !== 0 || move.to % 4 !== 0) return refused('code lies at multiples of 4');
  if (code.length % 4 !== 0 || code.length === 0 || code.length > WORDS_MAX * 4)
    return refused(`the code has ${code.length} bytes; 1 to ${WORDS_MAX} whole words are expected`);
  const displaced: Displaced[] = [];
  for (let offset = 0; offset < code.length; offset += 4) {
    const word = wordAt(code, offset);
    const address = move.from + offset;
    if (encodingOf(word) === NONE) return refused(`${hex(address)}: this word is no instruction, it cannot be moved`);
    displaced.push({ word, offset, target: targetOf(word, address) });
  }
  return settled(displaced, code.length, move);
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** Sizes depend on distances and distances on sizes: rounds until nothing grows any more. What became long stays long. */
function settled(displaced: readonly Displaced[], size: number, move: Move): Outcome<Relocated> {
  let counts: readonly number[] = displaced.map(() => 1);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const starts = startsOf(counts);
    const pieces: (readonly number[])[] = [];
    for (const [index, item] of displaced.entries()) {
      const words = moved(item, move.to + (starts[index] as number), { starts, size, move });
      if (!words.ok) return words;
      pieces.push(padded(words.value, counts[index] as number));
    }
    if (pieces.every((piece, index) => piece.length === counts[index]))
      return accepted(joined(displaced, pieces, starts));
    counts = pieces.map((piece) => piece.length);
  }
  return refused('the sizes of the moved instructions do not come to rest');
}

function padded(words: readonly number[], count: number): readonly number[] {
  return [...words, ...new Array<number>(Math.max(0, count - words.length)).fill(NOP)];
}

/** Offsets in the new code of pieces of `counts` words. */
function startsOf(counts: readonly number[]): number[] {
  let start = 0;
  return counts.map((count) => {
    const here = start;
    start += count * 4;
    return here;
  });
}

function joined(
  displaced: readonly Displaced[],
  pieces: readonly (readonly number[])[],
  starts: readonly number[],
): Relocated {
  const words = pieces.flat();
  const bytes = new Uint8Array(words.length * 4);
  for (const [index, word] of words.entries()) bytes.set([word, word >>> 8, word >>> 16, word >>> 24], index * 4);
  return { bytes, map: displaced.map(({ offset }, index) => ({ from: offset, to: starts[index] as number })) };
}

/** Where the instructions lie now, for targets inside the code. */
interface Placed {
  readonly starts: readonly number[];
  readonly size: number;
  readonly move: Move;
}

function newAddress(target: number, { starts, size, move }: Placed): number {
  const offset = target - move.from;
  if (offset < 0 || offset >= size) return target;
  return move.to + (starts[offset >> 2] as number) + (offset % 4);
}

// The instructions that name a place relative to themselves, by the bits of C4.1.93 and C4.1.94.
const isBranch = (word: number) => (word & 0x7c000000) === 0x14000000;
const isConditional = (word: number) => (word & 0xff000000) === 0x54000000;
const isCompare = (word: number) => (word & 0x7e000000) === 0x34000000;
const isTest = (word: number) => (word & 0x7e000000) === 0x36000000;
const isAdr = (word: number) => (word & 0x9f000000) === 0x10000000;
const isAdrp = (word: number) => (word & 0x9f000000) >>> 0 === 0x90000000;
const isLiteral = (word: number) => (word & 0x3b000000) === 0x18000000;

function targetOf(word: number, address: number): number | undefined {
  if (isBranch(word)) return address + ((word << 6) >> 6) * 4;
  if (isTest(word)) return address + ((word << 13) >> 18) * 4;
  if (isConditional(word) || isCompare(word) || isLiteral(word)) return address + ((word << 8) >> 13) * 4;
  if (isAdr(word)) return address + adrOffset(word);
  return isAdrp(word) ? address - (address % 4096) + adrOffset(word) * 4096 : undefined;
}

/** The words of one instruction at its new address. */
function moved({ word, offset, target }: Displaced, at: number, placed: Placed): Outcome<readonly number[]> {
  if (target === undefined) return accepted([word]);
  const old = placed.move.from + offset;
  // A page stays what it was: what is added to it is not known here.
  if (isAdrp(word)) return orRefused(adrpWords(word, at, target), old, 'the page is more than 4 GiB away');
  const goal = newAddress(target, placed);
  if (isBranch(word)) return accepted(branchWords(word, at, goal));
  if (isAdr(word)) return orRefused(adrWords(word, at, goal), old, 'the address is more than 4 GiB away');
  if (isLiteral(word)) return literalWords(word, at, goal, old);
  return orRefused(
    conditionalWords(word, at, goal),
    old,
    'the target is more than 128 MiB away, and the branch is conditional',
  );
}

function orRefused(words: readonly number[] | undefined, old: number, reason: string): Outcome<readonly number[]> {
  return words === undefined ? refused(`${hex(old)}: ${reason}`) : accepted(words);
}

/** True when a distance in bytes fits `width` bits of words. */
function reaches(distance: number, width: number): boolean {
  return distance % 4 === 0 && distance >= -(2 ** (width + 1)) && distance < 2 ** (width + 1);
}

function bits(distance: number, width: number): number {
  return (distance / 4) & (2 ** width - 1);
}

// `ldr x16, 8; br x16` and a literal; with a call the return must jump over the literal: `ldr x16, 12; blr x16; b 12`.
function branchWords(word: number, at: number, goal: number): readonly number[] {
  if (reaches(goal - at, 26)) return [(word & 0xfc000000) | bits(goal - at, 26)];
  const literal = [goal | 0, Math.floor(goal / 2 ** 32)];
  return word < 0 ? [0x58000070, 0xd63f0200, 0x14000003, ...literal] : [0x58000050, 0xd61f0200, ...literal];
}

function conditionalWords(word: number, at: number, goal: number): readonly number[] | undefined {
  const width = isTest(word) ? 14 : 19;
  const field = ((2 ** width - 1) << 5) | 0;
  if (reaches(goal - at, width)) return [(word & ~field) | (bits(goal - at, width) << 5)];
  if (!reaches(goal - at - 4, 26)) return undefined;
  if (isConditional(word) && (word & 14) === 14) return [0x14000000 | bits(goal - at, 26)];
  // The opposite condition: lowest bit of the condition, or the bit that tells `cbz` from `cbnz` and `tbz` from `tbnz`.
  const opposite = isConditional(word) ? word ^ 1 : word ^ 0x01000000;
  return [(opposite & ~field) | (2 << 5), 0x14000000 | bits(goal - at - 4, 26)];
}

function adrFields(value: number): number {
  return ((value & 3) << 29) | (((value >> 2) & 0x7ffff) << 5);
}

function adrpWords(word: number, at: number, page: number): readonly number[] | undefined {
  const pages = (page - (at - (at % 4096))) / 4096;
  return pages < -(2 ** 20) || pages >= 2 ** 20 ? undefined : [0x90000000 | adrFields(pages) | (word & 31)];
}

function adrWords(word: number, at: number, goal: number): readonly number[] | undefined {
  const distance = goal - at;
  const register = word & 31;
  if (distance >= -(2 ** 20) && distance < 2 ** 20) return [0x10000000 | adrFields(distance) | register];
  // Register 31 is the zero register here, the stack pointer in `add`.
  if (register === 31) return [NOP];
  const page = adrpWords(word, at, goal - (goal % 4096));
  return page === undefined ? undefined : [...page, 0x91000000 | ((goal % 4096) << 10) | (register << 5) | register];
}

function literalWords(word: number, at: number, goal: number, old: number): Outcome<readonly number[]> {
  if (reaches(goal - at, 19)) return accepted([(word & ~(0x7ffff << 5)) | (bits(goal - at, 19) << 5)]);
  const opc = word >>> 30;
  const register = word & 31;
  const isVector = (word & 0x04000000) !== 0;
  if (!isVector && opc === 3) return accepted([NOP]);
  if (isVector || register === 31)
    return refused(`${hex(old)}: the literal is more than 1 MiB away, and there is no register to reach it with`);
  const address = adrWords(register, at, goal);
  if (address === undefined) return refused(`${hex(old)}: the literal is more than 4 GiB away`);
  // `ldr w`, `ldr x`, `ldrsw` with offset 0 in the same register.
  const load = [0xb9400000, 0xf9400000, 0xb9800000][opc] as number;
  return accepted([...address, load | (register << 5) | register]);
}
