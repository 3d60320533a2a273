// Leading control elsewhere in AArch64. Encodings: Arm ARM, C6.2: B, BL, ADRP, ADD (immediate), BR, BTI, PACIASP, UDF.

import { getU32, putU32 } from '@cohesix/bytes';
import type { Arch, Detour, LandingPad } from './arch.ts';

const BTI_C = 0xd503245f;
/** bti, bti c, bti j, bti jc. */
const BTIS: readonly number[] = [0xd503241f, BTI_C, 0xd503249f, 0xd50324df];
const PACIASP = 0xd503233f;
const PACIBSP = 0xd503237f;
const NOP = 0xd503201f;
const REACH = 2 ** 27;
const PAGE = 4096;

const BRANCH: Detour = {
  rung: 'b',
  size: 4,
  problem: (_image, from, to) => (isInReach(from, to) ? undefined : 'the new code is more than 128 MiB away'),
  encode: (from, to) => words([0x14000000 | branchBits(from, to)]),
};

// x16 is the linker's at calls: nobody expects it to be kept.
const ADRP_BR: Detour = {
  rung: 'adrp-br',
  size: 12,
  problem: (_image, from, to) =>
    Math.abs(pagesBetween(from, to)) < 2 ** 20 ? undefined : 'the new code is more than 4 GiB away',
  encode: (from, to) => {
    const pages = pagesBetween(from, to);
    const adrp = 0x90000010 | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5);
    return words([adrp, 0x91000210 | ((to % PAGE) << 10), 0xd61f0200]);
  },
};

/** AArch64. */
export const A64: Arch = {
  detours: [BRANCH, ADRP_BR],
  landingPad,
  traps: (size) => new Uint8Array(size),
  padding: (code) => {
    let at = 0;
    while (at + 4 <= code.length && [0, NOP].includes(getU32(code, at))) at += 4;
    return at;
  },
  retargeted: (instruction, from, to) => {
    const word = getU32(instruction, 0);
    const isBranch = (word & 0x7c000000) === 0x14000000;
    return isBranch && isInReach(from, to) ? words([(word & 0xfc000000) | branchBits(from, to)]) : undefined;
  },
  returning,
};

function isInReach(from: number, to: number): boolean {
  return to - from >= -REACH && to - from < REACH;
}

function branchBits(from: number, to: number): number {
  return ((to - from) / 4) & 0x03ffffff;
}

function pagesBetween(from: number, to: number): number {
  return Math.floor(to / PAGE) - Math.floor(from / PAGE);
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) putU32(bytes, index * 4, value >>> 0);
  return bytes;
}

/** `paciasp` is a landing pad too; a new body does not undo it, and so has `bti c` in its place. */
function landingPad(code: Uint8Array, when: 'before' | 'replace'): LandingPad {
  if (code.length < 4) return { size: 0 };
  const first = getU32(code, 0);
  if (first !== PACIASP && first !== PACIBSP) return { size: BTIS.includes(first) ? 4 : 0 };
  return when === 'before' ? { size: 4 } : { size: 4, replacement: words([BTI_C]) };
}

/** movz and a movk for each other part that is not zero. */
function returning(value: bigint): string {
  const parts = [0n, 16n, 32n, 48n].map((shift) => [shift, (BigInt.asUintN(64, value) >> shift) & 0xffffn] as const);
  const rest = parts.slice(1).filter(([, part]) => part !== 0n);
  const moves = rest.map(([shift, part]) => `movk x0, #${part}, lsl #${shift}`);
  return [`movz x0, #${parts[0]?.[1] ?? 0n}`, ...moves, 'ret'].join('\n');
}
