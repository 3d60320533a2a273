// The sweep's table: what bits 21-31 and 13-15 of a word say. Made from the encodings at first use, so that the two never differ.
// Bits 13-15 are in it because amounts and options of the commonest register forms are reserved there.

import type { Encoding } from './encoding.ts';
import { GROUP } from './group.ts';
import { rowsByGroup } from './tree.ts';

let classes: Uint8Array | undefined;

/** Bits that the table is indexed by. */
const INDEXED = 0xffe0e000 | 0;

/** Further bits up to which a group is tried out, value by value. */
const TRIED_BITS_MAX = 6;

/** The class (a value of `GROUP`) by `classIndex`. */
export function flowClasses(): Uint8Array {
  classes ??= filled();
  return classes;
}

function filled(): Uint8Array {
  const table = new Uint8Array(2048 * 8);
  for (const [group, rows] of rowsByGroup().entries())
    for (let middle = 0; middle < 8; middle += 1) table[group * 8 + middle] = classOf(group, middle, rows);
  return table;
}

function classOf(group: number, middle: number, rows: readonly Encoding[]): number {
  const top = group >>> 3;
  if ((top & 0xfc) === 0x14) return GROUP.jump;
  if ((top & 0xfc) === 0x94) return GROUP.call;
  if (top === 0x54 || (top & 0x7e) === 0x34) return GROUP.branch19;
  if ((top & 0x7e) === 0x36) return GROUP.branch14;
  if ((top & 0x9f) === 0x10) return GROUP.adr;
  if ((top & 0x9f) === 0x90) return GROUP.adrp;
  if ((top & 0x3f) === 0x18 || ((top & 0x3f) === 0x1c && top >>> 6 !== 3)) return GROUP.literal;
  if (top === 0xd4) return GROUP.exception;
  if ((top & 0xfe) === 0xd6 || top === 0x55) return GROUP.register;
  if (group === 0) return GROUP.udf;
  return isWhole((group << 21) | (middle << 13), rows) ? GROUP.next : GROUP.ask;
}

/** True when rows without further conditions have every word with these bits. */
function isWhole(word: number, rows: readonly Encoding[]): boolean {
  const here = rows.filter(({ mask, value, check }) => check === undefined && ((word ^ value) & mask & INDEXED) === 0);
  const open = here.reduce((bits, { mask }) => bits | (mask & ~INDEXED), 0);
  if (here.length === 0 || bitCount(open) > TRIED_BITS_MAX) return here.some(({ mask }) => (mask & ~INDEXED) === 0);
  // Every value of the open bits, counted down through the subsets of their mask.
  for (let bits = open; ; bits = (bits - 1) & open) {
    if (!here.some(({ mask, value }) => (((word | bits) ^ value) & mask) === 0)) return false;
    if (bits === 0) return true;
  }
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
