// Immediates of floating point and Advanced SIMD: `fmov`'s eight bits, and the modified immediates of `movi` and its relatives.

import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { immediate } from './immediate.ts';
import { type Encoded, field, hex, type Kind, type Source } from './kind.ts';

/** The eight bits abcdefgh as a number: sign a, exponent from b and cd, fraction efgh (DDI 0487, "VFPExpandImm"). */
function floatOf(imm8: number): number {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const magnitude = (16 + (imm8 & 15)) * 2 ** (exponent - 7);
  return (imm8 & 0x80) === 0 ? magnitude : -magnitude;
}

function floatWord(imm8: number): Operand {
  return { kind: 'word', text: `#${floatOf(imm8).toFixed(8)}` };
}

/** Bits a to h of a modified immediate: abc in bits 16-18, defgh in bits 5-9. */
function imm8Of(word: number): number {
  return (field(word, 16, 3) << 5) | field(word, 5, 5);
}

/** `fmov d0, #1.0`: bits 13-20. */
export const FLOAT_SCALAR: Kind = {
  write: writeFloat,
  read: (word) => floatWord(field(word, 13, 8)),
  number: (word) => floatOf(field(word, 13, 8)),
};

/** `fmov v0.4s, #1.0`. */
export const FLOAT_VECTOR: Kind = { read: (word) => floatWord(imm8Of(word)), number: (word) => floatOf(imm8Of(word)) };

/** `movi v0.4s, #3, lsl #8`: bits 13-14 (or 13 alone for halves) give the shift; ones come in from the right for `msl`. */
export function modifiedKind(shift: 'none' | 'lsl-2' | 'lsl-1' | 'msl'): Kind {
  const amountOf = (word: number) => {
    if (shift === 'none') return 0;
    if (shift === 'msl') return field(word, 12, 1) === 1 ? 16 : 8;
    return 8 * field(word, 13, shift === 'lsl-2' ? 2 : 1);
  };
  const name = shift === 'msl' ? 'msl' : 'lsl';
  return {
    number: imm8Of,
    read: (word) => {
      const amount = amountOf(word);
      return immediate(imm8Of(word), 1, amount === 0 ? undefined : `, ${name} #${amount}`);
    },
  };
}

/** `movi v0.2d, #0xff00ff00ff00ff00`: each bit stands for a byte of ones. */
export const BYTE_MASK: Kind = {
  number: imm8Of,
  read: (word) => immediate(byteMask(word), 8),
  text: (word) => `#${imm8Of(word) === 0 ? '0'.repeat(16) : `0x${byteMask(word).toString(16).padStart(14, '0')}`}`,
};

function byteMask(word: number): bigint {
  let value = 0n;
  for (let byte = 0; byte < 8; byte += 1) if ((imm8Of(word) >> byte) & 1) value |= 0xffn << BigInt(byte * 8);
  return value;
}

/** Rotations of complex numbers: `width` bits at `low`, times `step`, plus `from`. */
export function rotationKind(low: number, width: number, step: number, from: number): Kind {
  const value = (word: number) => field(word, low, width) * step + from;
  return { number: value, read: (word) => immediate(value(word), 2), text: (word) => `#${value(word)}` };
}

/** A fixed number that is written: `#0`, `#0.0`, `#8`. */
export function fixedKind(text: string): Kind {
  return {
    read: () => ({ kind: 'word', text }),
    text: () => text,
    write: (source, at) => {
      const piece = source.pieces[at] ?? [];
      const isThere = textOf(piece) === text.slice(1);
      return isThere ? { bits: 0, used: 1 } : problemAt(piece[0] ?? source.end, `only ${text} can stand here`);
    },
  };
}

/** The text of a number's tokens, without `#`. */
function textOf(piece: readonly Token[]): string {
  return piece
    .map(({ text }) => text)
    .join('')
    .replace('#', '');
}

/** One of the 256 numbers that eight bits can be. */
function writeFloat(source: Source, at: number): Encoded | AssemblyProblem {
  const piece = source.pieces[at] ?? [];
  const text = textOf(piece);
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  for (let imm8 = 0; imm8 < 256; imm8 += 1) if (floatOf(imm8) === value) return { bits: imm8 << 13, used: 1 };
  return problemAt(
    piece.at(-1) ?? source.end,
    'a number of 16/16 to 31/16, times a power of two from 1/8 to 16, is expected here',
  );
}

/** Fraction bits of a conversion with a general register: 64 less scale (bits 10-15); 32-bit registers have at most 32. */
export const FRACTION: Kind = {
  isAllowed: (word) => word < 0 || field(word, 15, 1) === 1,
  number: (word) => 64 - field(word, 10, 6),
  read: (word) => immediate(64 - field(word, 10, 6), 1),
  text: (word) => hex(64 - field(word, 10, 6)),
};
