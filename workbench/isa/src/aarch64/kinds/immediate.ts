// Immediate operands and branch targets.

import { evaluate } from '../../assembler/expression.ts';
import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { bitmaskFields, bitmaskOf, isBitmask } from '../bitmask.ts';
import { type Encoded, field, hex, type Kind, type Source, signedField } from './kind.ts';
import { modifierOf } from './register.ts';

/** An immediate operand of a value. */
export function immediate(value: number | bigint, size = 4, suffix?: string): Operand {
  const operand = { kind: 'immediate', value: BigInt(value), size } as const;
  return suffix === undefined ? operand : { ...operand, suffix };
}

/** Where an immediate stands, what it counts, and how it is written. */
export interface NumberShape {
  readonly low: number;
  readonly width: number;
  readonly scale: number;
  readonly isSigned: boolean;
  readonly style: 'hex' | 'decimal' | 'zero-plain';
}

/** The number a shape reads. */
export function numberOf(word: number, { low, width, scale, isSigned }: NumberShape): number {
  return (isSigned ? signedField(word, low, width) : field(word, low, width)) * scale;
}

/** `#u10.12*8`, `#s12.9`: a plain number. */
export function numberKind(shape: NumberShape): Kind {
  const read = (word: number) => immediate(numberOf(word, shape));
  const { style } = shape;
  return {
    read,
    number: (word) => numberOf(word, shape),
    ...(style === 'hex' ? {} : { text: (word: number) => numberText(numberOf(word, shape), style) }),
    write: (source, at) => {
      const value = numberAt(source, at);
      return 'problem' in value ? value : numberBits(value.value, shape, value.token);
    },
  };
}

function numberText(value: number, style: 'decimal' | 'zero-plain'): string {
  return style === 'decimal' || value === 0 ? `#${value}` : hex(value);
}

/** The bits of a number in a shape, or why it does not fit. */
export function numberBits(value: bigint, shape: NumberShape, token: Token): Encoded | AssemblyProblem {
  const { low, width, scale, isSigned } = shape;
  const smallest = isSigned ? -(2 ** (width - 1)) : 0;
  const biggest = isSigned ? 2 ** (width - 1) - 1 : 2 ** width - 1;
  const step = BigInt(scale);
  if (value < BigInt(smallest) * step || value > BigInt(biggest) * step || value % step !== 0n)
    return problemAt(
      token,
      `a ${scale === 1 ? 'number' : `multiple of ${scale}`} from ${smallest * scale} to ${biggest * scale} is expected here`,
    );
  return { bits: (Number(value / step) & (2 ** width - 1)) << low, used: 1 };
}

/** The number of a piece: `#16`, `16`, `#:lo12:name`, an expression of labels. */
export function numberAt(
  source: Source,
  at: number,
): { readonly value: bigint; readonly token: Token } | AssemblyProblem {
  const piece = source.pieces[at];
  if (piece === undefined) return problemAt(source.end, 'a number is expected here');
  return numberIn(piece, source);
}

/** The number of some tokens. */
export function numberIn(
  piece: readonly Token[],
  source: Source,
): { readonly value: bigint; readonly token: Token } | AssemblyProblem {
  const tokens = piece[0]?.text === '#' ? piece.slice(1) : piece;
  const first = tokens[0];
  if (first === undefined) return problemAt(piece[0] ?? source.end, 'a number is expected after it');
  const isLow = first.text === ':' && tokens[1]?.text === 'lo12' && tokens[2]?.text === ':';
  const rest = isLow ? tokens.slice(3) : tokens;
  if (rest.length === 0) return problemAt(source.end, 'a name is expected after :lo12:');
  const value = evaluate(rest, source.scope);
  if ('problem' in value) return value;
  // An address that is not placed yet stands for 0, which fits everywhere.
  if (source.isDraft && value.isAddress) return { value: 0n, token: first };
  return { value: isLow ? value.value & 0xfffn : value.value, token: first };
}

/** `add`'s immediate: twelve bits, shifted left by twelve where bit 22 is set. */
export const ADD_IMMEDIATE: Kind = {
  read: (word) => immediate(field(word, 10, 12), 8, field(word, 22, 1) === 1 ? ', lsl #12' : undefined),
  number: (word) => field(word, 10, 12) * (field(word, 22, 1) === 1 ? 4096 : 1),
  write: (source, at) => {
    const value = numberAt(source, at);
    if ('problem' in value) return value;
    const shift = modifierOf(source, at + 1, ['lsl'], 12);
    if (shift !== undefined && 'problem' in shift) return shift;
    const used = shift === undefined ? 1 : 2;
    if (value.value >= 0n && value.value < 4096n)
      return { bits: (Number(value.value) << 10) | (shift?.amount === 12 ? 1 << 22 : 0), used };
    if (shift === undefined && value.value > 0n && value.value < 0x1000000n && value.value % 4096n === 0n)
      return { bits: (Number(value.value >> 12n) << 10) | (1 << 22), used };
    return problemAt(value.token, 'a number from 0 to 4095, or a multiple of 4096 up to 0xfff000, is expected here');
  },
};

/** The logical instructions' bitmask. */
export const BITMASK: Kind = {
  isAllowed: (word) => isBitmask(word, word < 0),
  read: (word) => immediate(bitmaskOf(word, word < 0) ?? 0n, word < 0 ? 8 : 4),
  // N, immr and imms: the value may need 64 bits.
  number: (word) => field(word, 10, 13),
  write: (source, at) => {
    const value = numberAt(source, at);
    if ('problem' in value) return value;
    // A mask that is right for 32 bits only has bit 22 (N) clear in both widths; the row's own check tells them apart.
    const isNarrow = /^[wW]/.test(source.pieces[at - 1]?.[0]?.text ?? '');
    const fits = value.value >= (isNarrow ? -(1n << 31n) : -(1n << 63n)) && value.value < 1n << (isNarrow ? 32n : 64n);
    const bits = fits ? bitmaskFields(value.value, !isNarrow) : undefined;
    if (bits === undefined)
      return problemAt(value.token, 'this value is no bitmask (a run of ones, rotated and repeated); use a register');
    return { bits, used: 1 };
  },
};

/** The same as the operand of `mov`: written as a signed number. */
export const BITMASK_SIGNED: Kind = {
  ...BITMASK,
  read: (word) => immediate(BigInt.asIntN(word < 0 ? 64 : 32, bitmaskOf(word, word < 0) ?? 0n), word < 0 ? 8 : 4),
};

/** `movz`'s sixteen bits at bits 5-20 and their place (hw, bits 21-22). */
export const WIDE: Kind = {
  number: (word) => field(word, 5, 16) * 2 ** (16 * field(word, 21, 2)),
  read: (word) => {
    const hw = field(word, 21, 2);
    return immediate(field(word, 5, 16), 8, hw === 0 ? undefined : `, lsl #${hw * 16}`);
  },
  write: (source, at) => {
    const value = numberAt(source, at);
    if ('problem' in value) return value;
    if (value.value < 0n || value.value > 0xffffn)
      return problemAt(value.token, 'a number from 0 to 65535 is expected here');
    const shift = modifierOf(source, at + 1, ['lsl'], 48);
    if (shift !== undefined && 'problem' in shift) return shift;
    if ((shift?.amount ?? 0) % 16 !== 0)
      return problemAt(source.pieces[at + 1]?.[0] as Token, 'a shift of 0, 16, 32 or 48 is expected here');
    return {
      bits: (Number(value.value) << 5) | (((shift?.amount ?? 0) / 16) << 21),
      used: shift === undefined ? 1 : 2,
    };
  },
};

/** The value that `movz` or (`isInverted`) `movn` leaves in its register: the operand of `mov`. */
export function movKind(isInverted: boolean): Kind {
  const valueAt = (word: number) => {
    const bits = BigInt(field(word, 5, 16)) << BigInt(16 * field(word, 21, 2));
    return BigInt.asIntN(word < 0 ? 64 : 32, isInverted ? ~bits : bits);
  };
  return {
    read: (word) => immediate(valueAt(word), word < 0 ? 8 : 4),
    write: (source, at) => writeMov(source, at, isInverted),
  };
}

function writeMov(source: Source, at: number, isInverted: boolean): Encoded | AssemblyProblem {
  const value = numberAt(source, at);
  if ('problem' in value) return value;
  const width = /^[wW]/.test(source.pieces[at - 1]?.[0]?.text ?? '') ? 32 : 64;
  const wanted = BigInt.asUintN(width, isInverted ? ~value.value : value.value);
  const fits = value.value >= -(1n << BigInt(width - 1)) && value.value < 1n << BigInt(width);
  for (let hw = 0; fits && hw < width / 16; hw += 1) {
    const part = (wanted >> BigInt(hw * 16)) & 0xffffn;
    if (part << BigInt(hw * 16) === wanted) return { bits: (Number(part) << 5) | (hw << 21), used: 1 };
  }
  return problemAt(
    value.token,
    'one instruction cannot make this value; write `ldr REGISTER, =VALUE` or movz and movk',
  );
}

/** A relative target: `width` bits at `low`, counted in words. */
export function targetKind(low: number, width: number): Kind {
  const addressOf = (word: number, address: number) => address + signedField(word, low, width) * 4;
  return {
    read: (word, address) => ({ kind: 'target', address: addressOf(word, address) }),
    write: (source, at) => writeTarget(source, at, { low, width, scale: 4, isSigned: true, style: 'hex' }),
  };
}

function writeTarget(source: Source, at: number, shape: NumberShape): Encoded | AssemblyProblem {
  const value = numberAt(source, at);
  if ('problem' in value) return value;
  const distance = value.value - BigInt(source.scope.address);
  if (source.isDraft) return { bits: 0, used: 1 };
  const encoded = numberBits(distance, shape, value.token);
  if (!('problem' in encoded)) return encoded;
  const reach = (2 ** (shape.width - 1) * shape.scale) / 1024;
  const why =
    distance % BigInt(shape.scale) === 0n
      ? `is ${distance} bytes away, the instruction reaches ${reach} KiB`
      : 'is not at a multiple of 4';
  return problemAt(value.token, `the target ${why}`);
}

/** `adr`: 21 bits of bytes; `adrp`: of pages, from the page of the instruction. Low two bits at bit 29. */
export function adrKind(isPage: boolean): Kind {
  const offsetOf = (word: number) => signedField(word, 5, 19) * 4 + field(word, 29, 2);
  return {
    read: (word, address) => ({
      kind: 'target',
      address: isPage ? address - (address % 4096) + offsetOf(word) * 4096 : address + offsetOf(word),
    }),
    write: (source, at) => writeAdr(source, at, isPage),
  };
}

function writeAdr(source: Source, at: number, isPage: boolean): Encoded | AssemblyProblem {
  const value = numberAt(source, at);
  if ('problem' in value) return value;
  if (source.isDraft) return { bits: 0, used: 1 };
  const here = BigInt(source.scope.address);
  const distance = isPage ? (value.value >> 12n) - (here >> 12n) : value.value - here;
  if (distance < -(1n << 20n) || distance >= 1n << 20n)
    return problemAt(value.token, `the address is out of reach of ${isPage ? 'adrp (4 GiB)' : 'adr (1 MiB)'}`);
  const bits = Number(distance) & 0x1fffff;
  return { bits: ((bits & 3) << 29) | ((bits >>> 2) << 5), used: 1 };
}
