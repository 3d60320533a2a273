// What the sweep must know of each opcode: 256 rows a map, one number a row. Rows of the one-byte map and of 0F, 0F38 and 0F3A
// are Intel's SDM volume 2, appendix A (tables, the 64-bit columns); those of VEX and EVEX are the same opcodes with
// the immediates that sections of volume 2 give them; XOP is AMD's manual, volume 6. Which forms of an opcode exist at all
// (prefix, register or memory, group number) is not here but in validity.ts.

import { FLOW } from '../instruction.ts';

/** Bits of a row. The low twelve are the immediate's size in bytes: usual, under a 66 prefix, under REX.W. */
export const OP = {
  modrm: 0x1000,
  prefix: 0x2000,
  /** Another byte decides: 0F, VEX, EVEX, XOP, REX2. */
  escape: 0x4000,
  /** The immediate is relative to the instruction's end. */
  relative: 0x8000,
  /** A rule of its own, by opcode: groups 3 and 5, moffs, control registers, SSE4a. */
  special: 0x10000,
  /** Some of its forms do not exist: ask validity.ts. */
  checked: 0x20000,
  /** No form exists. */
  none: 0x40000,
  flowShift: 20,
} as const;

/** First row of each map. */
export const MAP = {
  one: 0x000,
  twoByte: 0x100,
  threeByte38: 0x200,
  threeByte3a: 0x300,
  /** VEX maps 1 to 7. */
  vex: 0x400,
  /** EVEX maps 1 to 7. */
  evex: 0xb00,
  /** XOP maps 8 to 10. */
  xop: 0x1200,
  end: 0x1500,
} as const;

const I8 = 0x111;
const I16 = 0x222;
const I32 = 0x444;
/** 16 bits under 66, else 32: Intel's `Iz`. */
const IZ = 0x424;
/** `Iz`, but 64 bits under REX.W: the immediate of B8 to BF. */
const IV = 0x824;
const M = OP.modrm;
const NONE = OP.none;
const flowOf = (flow: number): number => flow << OP.flowShift;
const JUMP = OP.relative | flowOf(FLOW.jump);
const BRANCH = OP.relative | flowOf(FLOW.branch);
const CALL = OP.relative | flowOf(FLOW.call);
const RETURN = flowOf(FLOW.return);
const TRAP = flowOf(FLOW.trap);

/** Prefixes as bits. */
export const PREFIX = { data16: 1, repeat: 2, repeatNot: 4, lock: 8, address32: 16, segment: 32 } as const;

/** Rows `MAP.one` to `MAP.end`, as if every form existed. */
export function opcodeFlags(): Int32Array {
  const flags = new Int32Array(MAP.end);
  fillOneByte(flags.subarray(MAP.one, MAP.twoByte));
  fillTwoByte(flags.subarray(MAP.twoByte, MAP.threeByte38));
  flags.fill(M, MAP.threeByte38, MAP.threeByte3a);
  flags.fill(M | I8, MAP.threeByte3a, MAP.vex);
  fillVex(flags);
  return flags;
}

function set(rows: Int32Array, from: number, to: number, flags: number): void {
  rows.fill(flags, from, to + 1);
}

function each(rows: Int32Array, opcodes: readonly number[], flags: number): void {
  for (const opcode of opcodes) rows[opcode] = flags;
}

/** Table A-2. */
function fillOneByte(rows: Int32Array): void {
  for (let row = 0; row < 0x40; row += 8) {
    set(rows, row, row + 3, M);
    rows[row + 4] = I8;
    rows[row + 5] = IZ;
    set(rows, row + 6, row + 7, NONE);
  }
  each(rows, [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3], OP.prefix);
  set(rows, 0x40, 0x4f, OP.prefix);
  each(rows, [0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd6, 0xea], NONE);
  each(rows, [0x0f, 0x62, 0xc4, 0xc5, 0xd5], OP.escape);
  rows[0x63] = M;
  each(rows, [0x68], IZ);
  each(rows, [0x69, 0x81, 0xc7], M | IZ);
  each(rows, [0x6a, 0xa8, 0xcd], I8);
  each(rows, [0x6b, 0x80, 0x83, 0xc0, 0xc1, 0xc6], M | I8);
  set(rows, 0x70, 0x7f, I8 | BRANCH);
  set(rows, 0x84, 0x8e, M);
  rows[0x8f] = M | OP.escape;
  set(rows, 0xa0, 0xa3, OP.special);
  rows[0xa9] = IZ;
  set(rows, 0xb0, 0xb7, I8);
  set(rows, 0xb8, 0xbf, IV);
  each(rows, [0xc2, 0xca], I16 | RETURN);
  each(rows, [0xc3, 0xcb, 0xcf], RETURN);
  rows[0xc8] = 0x333;
  each(rows, [0xcc, 0xf4], TRAP);
  set(rows, 0xd0, 0xd3, M);
  set(rows, 0xd8, 0xdf, M);
  set(rows, 0xe0, 0xe3, I8 | BRANCH);
  set(rows, 0xe4, 0xe7, I8);
  rows[0xe8] = I32 | CALL;
  rows[0xe9] = I32 | JUMP;
  rows[0xeb] = I8 | JUMP;
  rows[0xf6] = M | I8 | OP.special;
  rows[0xf7] = M | IZ | OP.special;
  rows[0xfe] = M;
  rows[0xff] = M | OP.special;
  rows[0xc7] = M | IZ | OP.special;
}

/** Table A-3; 0F 0F is 3DNow!, whose last byte is the opcode. */
function fillTwoByte(rows: Int32Array): void {
  rows.fill(M);
  each(rows, [0x04, 0x0a, 0x0c, 0x24, 0x25, 0x26, 0x27, 0x36, 0x39, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x7a, 0x7b], NONE);
  each(rows, [0x05, 0x06, 0x08, 0x09, 0x0e, 0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x77], 0);
  each(rows, [0xa0, 0xa1, 0xa2, 0xa8, 0xa9], 0);
  each(rows, [0x07, 0x35, 0xaa], RETURN);
  rows[0x0b] = TRAP;
  each(rows, [0xb9, 0xff], M | TRAP);
  rows[0x0f] = M | I8;
  set(rows, 0x20, 0x23, M | OP.special);
  each(rows, [0x38, 0x3a], OP.escape);
  each(rows, [0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6], M | I8);
  rows[0x78] = M | OP.special;
  set(rows, 0x80, 0x8f, I32 | BRANCH);
  set(rows, 0xc8, 0xcf, 0);
}

/** Maps of VEX, EVEX and XOP: every opcode has a ModRM byte but VEX 0F 77 (vzeroupper). */
function fillVex(flags: Int32Array): void {
  flags.fill(NONE, MAP.vex, MAP.end);
  for (const base of [MAP.vex, MAP.evex]) {
    flags.fill(M, base, base + 0x200);
    flags.fill(M | I8, base + 0x200, base + 0x300);
    each(flags.subarray(base), [0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6], M | I8);
  }
  flags[MAP.vex + 0x77] = 0;
  flags.fill(M, MAP.evex + 0x400, MAP.evex + 0x600);
  flags.fill(M | I8, MAP.xop, MAP.xop + 0x100);
  flags.fill(M, MAP.xop + 0x100, MAP.xop + 0x200);
  flags.fill(M | I32, MAP.xop + 0x200, MAP.xop + 0x300);
}
