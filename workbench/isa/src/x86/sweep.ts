// The sweep decoder of x86-64: length, flow and target of each instruction, straight into columns. Rules of a byte sequence are
// those of Intel's SDM volume 2, chapter 2 (and of CPUs, where assemblers differ): at most 15 bytes; REX counts only directly
// before the opcode; of F2 and F3 the last one selects the form; 66 does not shorten near branches (Intel; AMD does).
//
// Targets are: where a relative branch goes; RIP-relative addresses; displacements without a base register (`[disp32]`,
// `[disp32+index*scale]`: a table's start) and moffs, but not under FS or GS. Immediates are numbers, not targets.

import type { Columns } from '../columns.ts';
import { FLOW } from '../instruction.ts';
import { MAP, OP, opcodeFlags, PREFIX } from './opcode-flags.ts';
import { isForm, isLockable, markForms } from './validity.ts';

/** Bytes from an instruction's start on that may be read, whatever they are: 15 prefixes, escape, ModRM, SIB, immediates. */
export const MARGIN = 40;

const OPCODE_FLAGS = opcodeFlags();
markForms(OPCODE_FLAGS);
const LENGTH_MAX = 15;
const NOT_BEFORE_VECTOR = PREFIX.data16 | PREFIX.repeat | PREFIX.repeatNot | PREFIX.lock;
const PREFIX_BITS = prefixBits();

/** Of each ModRM byte: bytes of SIB and displacement, and what they are. */
const TAIL = { size: 7, sib: 8, rip: 16 } as const;
const MODRM_TAILS = modrmTails();
/** Flow of group 5 (FF) by its `reg` field. */
const GROUP5_FLOWS = Uint8Array.of(
  0,
  0,
  FLOW.callIndirect,
  FLOW.callIndirect,
  FLOW.jumpIndirect,
  FLOW.jumpIndirect,
  0,
  0,
);
/** First row of a vector prefix's map: 32 for C4, 32 for 62, 32 for 8F. */
const VECTOR_ROWS = vectorRows();

/** What to sweep. */
export interface SweepRange {
  /** Offset of the first instruction in `code`. */
  readonly offset: number;
  /** No instruction starts here or later; `code` has at least `MARGIN` bytes behind it. */
  readonly until: number;
  /** An instruction that ends behind it is cut off. */
  readonly end: number;
  /** Address of `code[0]`. */
  readonly address: number;
  /** Added to the offsets that are written. */
  readonly base: number;
}

/**
 * Decodes from `range.offset` on into the rows from `into.count` on, until the range or the rows end; gives the next offset.
 * One long function, because it runs once an instruction: a call or an object in it costs a tenth of its speed or more.
 */
export function sweepRows(code: Uint8Array, range: SweepRange, into: Columns): number {
  const { until, end, address, base } = range;
  const { offsets, lengths, flows, targets } = into;
  const rows = offsets.length;
  let row = into.count;
  let p = range.offset;
  while (row < rows && p < until) {
    const start = p;
    let op = code[p++] as number;
    let flags = OPCODE_FLAGS[op] as number;
    let prefixes = 0;
    let rex = 0;
    let vector = 0;
    if ((flags & (OP.prefix | OP.escape)) !== 0) {
      while ((flags & OP.prefix) !== 0 && p - start < LENGTH_MAX) {
        if ((op & 0xf0) === 0x40) rex = op;
        else {
          rex = 0;
          if ((op & 0xfe) === 0xf2) prefixes &= ~(PREFIX.repeat | PREFIX.repeatNot);
          prefixes |= PREFIX_BITS[op] as number;
        }
        op = code[p++] as number;
        flags = OPCODE_FLAGS[op] as number;
      }
      if (op === 0x0f) {
        op = MAP.twoByte + (code[p++] as number);
        flags = OPCODE_FLAGS[op] as number;
        if ((flags & OP.escape) !== 0) {
          op = (op === MAP.twoByte + 0x38 ? MAP.threeByte38 : MAP.threeByte3a) + (code[p++] as number);
          flags = OPCODE_FLAGS[op] as number;
        }
      } else if ((flags & OP.escape) !== 0) {
        const first = code[p] as number;
        if (op === 0xc5) {
          op = MAP.vex + (code[p + 1] as number);
          vector = p;
          p += 2;
        } else if (op !== 0x8f || (first & 31) >= 8) {
          const kind = op === 0xc4 ? 0 : op === 0x62 ? 32 : 64;
          vector = p;
          p += kind === 32 ? 4 : 3;
          op = (VECTOR_ROWS[kind + (first & 31)] as number) + (code[p - 1] as number);
        }
        flags = OPCODE_FLAGS[op] as number;
        if (vector !== 0 && ((prefixes & NOT_BEFORE_VECTOR) !== 0 || rex !== 0)) flags = OP.none;
      }
    }
    let modrm = 0;
    let target = -1;
    let relativeAt = 0;
    if ((flags & OP.modrm) !== 0) {
      modrm = code[p++] as number;
      const tail = MODRM_TAILS[modrm] as number;
      if (tail > TAIL.size) {
        if ((tail & TAIL.rip) !== 0) relativeAt = p;
        else if (modrm < 0x40 && ((code[p] as number) & 7) === 5) {
          target = int32(code, p + 1);
          p += 4;
        }
      }
      p += tail & TAIL.size;
    }
    let flow = flags >> OP.flowShift;
    let immediate = (flags >> ((rex & 8) !== 0 ? 8 : (prefixes & PREFIX.data16) !== 0 ? 4 : 0)) & 15;
    if ((flags & OP.special) !== 0) {
      if (op === 0xff) flow = GROUP5_FLOWS[(modrm >> 3) & 7] as number;
      else if (op === 0xf6 || op === 0xf7) immediate = (modrm & 0x30) === 0 ? immediate : 0;
      else if (op === 0xc7) {
        if (modrm === 0xf8) {
          flow = FLOW.branch;
          flags |= OP.relative;
        }
      } else if (op <= 0xa3) {
        immediate = (prefixes & PREFIX.address32) !== 0 ? 4 : 8;
        target = moffs(code, p, immediate);
      } else if (op === MAP.twoByte + 0x78) immediate = (prefixes & (PREFIX.data16 | PREFIX.repeatNot)) !== 0 ? 2 : 0;
      else {
        // Moves of control and debug registers: whatever `mod` says, the operand is a register.
        p -= (MODRM_TAILS[modrm] as number) & TAIL.size;
        if (target !== -1) p -= 4;
        target = -1;
        relativeAt = 0;
        // There is no dr8.
        if ((op & 1) !== 0 && (rex & 4) !== 0) flags = OP.none;
      }
    }
    p += immediate;
    if ((flags & OP.relative) !== 0) {
      target = address + p + (immediate === 1 ? ((code[p - 1] as number) << 24) >> 24 : wide(code, p, immediate));
    } else if (relativeAt !== 0) target = address + p + int32(code, relativeAt);
    if ((prefixes & (PREFIX.segment | PREFIX.address32)) !== 0 && (flags & OP.relative) === 0) {
      const isNamed = (prefixes & PREFIX.segment) === 0 && (relativeAt !== 0 || target !== -1);
      target = isNamed ? target - Math.floor(target / 0x1_0000_0000) * 0x1_0000_0000 : -1;
    }
    const length = p - start;
    if (
      (flags & (OP.none | OP.prefix)) !== 0 ||
      length > LENGTH_MAX ||
      p > end ||
      ((flags & OP.checked) !== 0 && !isForm(code, op, modrm, prefixes, vector, code[p - 1] as number)) ||
      ((prefixes & PREFIX.lock) !== 0 && !isLockable(op, modrm))
    ) {
      p = start + 1;
      flow = FLOW.bad;
      target = -1;
    }
    offsets[row] = base + start;
    lengths[row] = p - start;
    flows[row] = flow;
    targets[row] = target < 0 ? -1 : target;
    row++;
  }
  into.count = row;
  return p;
}

function int32(code: Uint8Array, at: number): number {
  return (
    (code[at] as number) |
    ((code[at + 1] as number) << 8) |
    ((code[at + 2] as number) << 16) |
    ((code[at + 3] as number) << 24)
  );
}

/** A branch's displacement of four bytes, or two (`xbegin` under 66), that ends at `p`. */
function wide(code: Uint8Array, p: number, size: number): number {
  return size === 4 ? int32(code, p - 4) : (((code[p - 1] as number) << 24) | ((code[p - 2] as number) << 16)) >> 16;
}

/** The address in a moffs; -1 where a number does not hold it exactly. */
function moffs(code: Uint8Array, at: number, size: number): number {
  const low = int32(code, at) >>> 0;
  if (size === 4) return low;
  const high = int32(code, at + 4) >>> 0;
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : -1;
}

function prefixBits(): Uint8Array {
  const bits = new Uint8Array(256);
  bits[0x66] = PREFIX.data16;
  bits[0x67] = PREFIX.address32;
  bits[0xf3] = PREFIX.repeat;
  bits[0xf2] = PREFIX.repeatNot;
  bits[0xf0] = PREFIX.lock;
  bits[0x64] = bits[0x65] = PREFIX.segment;
  return bits;
}

/** SDM volume 2, tables 2-2 and 2-3; a SIB without a base and its displacement are the loop's. */
function modrmTails(): Uint8Array {
  const tails = new Uint8Array(256);
  for (let modrm = 0; modrm < 0xc0; modrm++) {
    const [mod, rm] = [modrm >> 6, modrm & 7];
    tails[modrm] = mod === 1 ? 1 : mod === 2 ? 4 : 0;
    if (rm === 4) tails[modrm] = (tails[modrm] as number) + 1 + TAIL.sib;
    if (modrm < 0x40 && rm === 5) tails[modrm] = 4 + TAIL.rip;
  }
  return tails;
}

function vectorRows(): Uint16Array {
  const none = MAP.vex + 0x600;
  const rows = new Uint16Array(96).fill(none);
  for (let map = 1; map <= 7; map++) {
    rows[map] = MAP.vex + (map - 1) * 0x100;
    rows[32 + map] = rows[48 + map] = MAP.evex + (map - 1) * 0x100;
    rows[32 + 8 + map] = rows[48 + 8 + map] = none;
  }
  for (let map = 8; map <= 10; map++) rows[64 + map] = MAP.xop + (map - 8) * 0x100;
  return rows;
}
