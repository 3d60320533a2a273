// Which forms of an opcode exist. A row of the table that has forms which do not is `OP.checked`, and its mask says which: for
// rows without a vector prefix by mandatory prefix, register or memory, `reg` and `rm`; for VEX and XOP by pp, W, L, register or
// memory, `reg`, and whether vvvv is unused; for EVEX by pp, W, L'L, register or memory, b, vvvv and the mask.
//
// Not in the table, and therefore taken: registers that must differ (gathers, AMX), and what only one vendor refuses. The whole
// list is in AGREEMENT.md.

import { EVEX_GROUPS, EVEX_MASKS, MASK_IDS, MASKS } from './form-table.ts';
import { MAP, OP, PREFIX } from './opcode-flags.ts';

const MASK_SIZE = 64;
const EVEX_MASK_SIZE = 128;
const PLAIN_MASKS = bytesOf(MASKS, MASK_SIZE);
const VECTOR_MASKS = bytesOf(EVEX_MASKS, EVEX_MASK_SIZE);
const IDS = idsOf();

/** EVEX rows whose `reg` field is part of the opcode: bits of those that exist. */
const GROUPS: ReadonlyMap<number, number> = new Map(EVEX_GROUPS);
/** Rows whose memory operand needs a SIB byte: gathers, scatters, AMX tiles. */
const NEEDS_SIB: ReadonlySet<number> = new Set(sibRows());

/** Marks the rows of `flags` that have no form, or not all. */
export function markForms(flags: Int32Array): void {
  for (let row = 0; row < MAP.end; row++) {
    const mask = maskOf(row);
    const old = flags[row] as number;
    if (mask.every((byte) => byte === 0)) flags[row] = OP.none;
    else if (!isWhole(mask) || NEEDS_SIB.has(row) || isEvex(row)) flags[row] = old | OP.checked;
  }
}

function isEvex(row: number): boolean {
  return row >= MAP.evex && row < MAP.xop;
}

function isWhole(mask: Uint8Array): boolean {
  return mask.every((byte) => byte === 255);
}

function maskOf(row: number): Uint8Array {
  const id = IDS[row] as number;
  return isEvex(row)
    ? VECTOR_MASKS.subarray(id * EVEX_MASK_SIZE, (id + 1) * EVEX_MASK_SIZE)
    : PLAIN_MASKS.subarray(id * MASK_SIZE, (id + 1) * MASK_SIZE);
}

/**
 * Whether an instruction of a checked row exists. `vector` is the offset of the byte after C4, C5, 62 or 8F, 0 without one;
 * `last` the instruction's last byte (3DNow!'s opcode).
 */
export function isForm(
  code: Uint8Array,
  op: number,
  modrm: number,
  prefixes: number,
  vector: number,
  last: number,
): boolean {
  if (isEvex(op)) return isEvexForm(code, op, modrm, vector);
  if (op >= MAP.vex) return isVexForm(code, op, modrm, vector);
  const key = op === MAP.twoByte + 0x0f ? last : plainKey(modrm, prefixes);
  return isSet(PLAIN_MASKS, (IDS[op] as number) * MASK_SIZE, key);
}

function isSet(masks: Uint8Array, at: number, key: number): boolean {
  return (((masks[at + (key >> 3)] as number) >> (key & 7)) & 1) !== 0;
}

function plainKey(modrm: number, prefixes: number): number {
  const isRepeat = (prefixes & PREFIX.repeat) !== 0;
  const pp = isRepeat ? 2 : (prefixes & PREFIX.repeatNot) !== 0 ? 3 : prefixes & PREFIX.data16;
  return (pp << 7) | (isRegister(modrm) << 6) | (modrm & 0x3f);
}

function isRegister(modrm: number): 0 | 1 {
  return modrm >= 0xc0 ? 1 : 0;
}

function isVexForm(code: Uint8Array, op: number, modrm: number, vector: number): boolean {
  const isTwoBytes = code[vector - 1] === 0xc5;
  const byte = code[isTwoBytes ? vector : vector + 1] as number;
  const w = isTwoBytes ? 0 : byte >> 7;
  const unused = ((byte >> 3) & 15) === 15 ? 1 : 0;
  const key =
    ((byte & 3) << 7) | (w << 6) | ((byte & 4) << 3) | (isRegister(modrm) << 4) | ((modrm >> 2) & 0xe) | unused;
  return isSet(PLAIN_MASKS, (IDS[op] as number) * MASK_SIZE, key) && hasSib(op, modrm);
}

/** `62 P0 P1 P2`: SDM volume 2, figure 2-10; bit 3 of P0 is 0 and bit 2 of P1 is 1. */
function isEvexForm(code: Uint8Array, op: number, modrm: number, vector: number): boolean {
  const second = code[vector + 1] as number;
  const third = code[vector + 2] as number;
  if (((code[vector] as number) & 8) !== 0 || (second & 4) === 0) return false;
  const isSparse = NEEDS_SIB.has(op);
  const unused = (second & 0x78) === 0x78 && (isSparse || (third & 8) !== 0) ? 1 : 0;
  const mask = (third & 7) === 0 ? (third >> 7) * 3 : 1 + (third >> 7);
  const key = ((second & 3) << 8) | (second & 0x80) | (third & 0x60) | (isRegister(modrm) << 4) | ((third & 0x10) >> 1);
  if (!isSet(VECTOR_MASKS, (IDS[op] as number) * EVEX_MASK_SIZE, key | (unused << 2) | mask)) return false;
  const groups = GROUPS.get(op);
  return (groups === undefined || ((groups >> ((modrm >> 3) & 7)) & 1) !== 0) && hasSib(op, modrm);
}

function hasSib(op: number, modrm: number): boolean {
  return (modrm & 7) === 4 || isRegister(modrm) === 1 || !NEEDS_SIB.has(op);
}

function sibRows(): readonly number[] {
  const vex2 = MAP.vex + 0x100;
  const evex2 = MAP.evex + 0x100;
  const gathers = [0x90, 0x91, 0x92, 0x93];
  return [
    ...gathers.map((opcode) => vex2 + opcode),
    vex2 + 0x4b,
    ...[...gathers, 0xa0, 0xa1, 0xa2, 0xa3, 0xc6, 0xc7].map((opcode) => evex2 + opcode),
  ];
}

/** Instructions that may be locked, with memory as destination: SDM volume 2, LOCK. Bits are `reg` fields. */
const LOCKABLE = lockable();

/** Whether F0 may stand before it. */
export function isLockable(op: number, modrm: number): boolean {
  if (isRegister(modrm) === 1 || op >= MAP.threeByte38) return false;
  return (((LOCKABLE[op] as number) >> ((modrm >> 3) & 7)) & 1) !== 0;
}

function lockable(): Uint8Array {
  const rows = new Uint8Array(MAP.threeByte38);
  for (const row of [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30]) rows[row] = rows[row + 1] = 0xff;
  rows[0x80] = rows[0x81] = rows[0x83] = 0x7f;
  rows[0x86] = rows[0x87] = 0xff;
  rows[0xf6] = rows[0xf7] = 0b1100;
  rows[0xfe] = rows[0xff] = 0b11;
  for (const opcode of [0xab, 0xb0, 0xb1, 0xb3, 0xbb, 0xc0, 0xc1]) rows[MAP.twoByte + opcode] = 0xff;
  rows[MAP.twoByte + 0xba] = 0b1110_0000;
  rows[MAP.twoByte + 0xc7] = 0b10;
  return rows;
}

function bytesOf(texts: readonly string[], size: number): Uint8Array {
  const bytes = new Uint8Array(texts.length * size);
  for (const [index, text] of texts.entries()) {
    for (let at = 0, binary = atob(text); at < size; at++) bytes[index * size + at] = binary.charCodeAt(at);
  }
  return bytes;
}

function idsOf(): Uint8Array {
  return Uint8Array.from(MASK_IDS.join('').match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
}
