// Register operands: general (`w3`, `x3`, `sp`), with a shift or an extension, and scalar floating-point ones.

import { evaluate } from '../../assembler/expression.ts';
import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { type Encoded, field, type Kind, type Source } from './kind.ts';

/** Where the five bits of a register stand: Rd and Rt, Rn, Rm and Rs, Ra and Rt2. */
export const REGISTER_LOW: Readonly<Record<string, number>> = { d: 0, t: 0, n: 5, m: 16, s: 16, a: 10, u: 10 };

/** Bytes of a scalar register by its letter. */
export const SCALAR_SIZE: Readonly<Record<string, number>> = { b: 1, h: 2, s: 4, d: 8, q: 16, w: 4, x: 8 };

/** Name of general register `number`; 31 is the zero register, or the stack pointer where `isStack`. */
export function generalName(number: number, isWide: boolean, isStack: boolean): string {
  if (number !== 31) return `${isWide ? 'x' : 'w'}${number}`;
  if (isStack) return isWide ? 'sp' : 'wsp';
  return isWide ? 'xzr' : 'wzr';
}

/** A register operand of a name. */
export function register(name: string, size: number, suffix?: string): Operand {
  return suffix === undefined ? { kind: 'register', name, size } : { kind: 'register', name, size, suffix };
}

/** How wide a general register is: by its letter, or by bit 31 (`R`) or bit 30 (`r`, loads and compares of some groups). */
function isWideOf(letter: string, word: number): boolean {
  if (letter === 'R') return word < 0;
  return letter === 'X';
}

/** `Xn`, `Wd`, `Rm`, with `.sp`: register 31 is the stack pointer. */
export function generalKind(letter: string, place: string, isStack: boolean): Kind {
  const low = REGISTER_LOW[place] as number;
  return {
    read: (word) => {
      const isWide = isWideOf(letter, word);
      return register(generalName(field(word, low, 5), isWide, isStack), isWide ? 8 : 4);
    },
    write: (source, at) => writeGeneral(source, at, letter, isStack, low),
  };
}

/** Number and width of a general register's name; undefined for other names. */
export function generalOf(token: Token | undefined): { number: number; isWide: boolean; isStack: boolean } | undefined {
  const name = token?.kind === 'name' ? token.text.toLowerCase() : '';
  const known = { sp: [31, true, true], wsp: [31, false, true], xzr: [31, true, false], wzr: [31, false, false] }[name];
  if (known !== undefined) return { number: 31, isWide: known[1] as boolean, isStack: known[2] as boolean };
  if (name === 'lr') return { number: 30, isWide: true, isStack: false };
  if (name === 'fp') return { number: 29, isWide: true, isStack: false };
  const match = /^([xw])(\d{1,2})$/.exec(name);
  if (match === null || Number(match[2]) > 30) return undefined;
  return { number: Number(match[2]), isWide: match[1] === 'x', isStack: false };
}

/** Sets bit 31 for a wide register where the row leaves the width open, so that rows of other widths do not fit. */
function writeGeneral(
  source: Source,
  at: number,
  letter: string,
  isStack: boolean,
  low: number,
): Encoded | AssemblyProblem {
  const piece = source.pieces[at];
  const token = piece?.[0] ?? source.end;
  const found = generalOf(token);
  if (found === undefined) return problemAt(token, 'a register is expected here');
  if (piece !== undefined && piece.length > 1) return problemAt(piece[1] as Token, 'a comma is expected before it');
  if (letter !== 'R' && found.isWide !== (letter === 'X'))
    return problemAt(
      token,
      letter === 'X'
        ? 'a 64-bit register (x0 to x30) is expected here'
        : 'a 32-bit register (w0 to w30) is expected here',
    );
  if (found.number === 31 && found.isStack !== isStack)
    return problemAt(token, isStack ? 'the zero register cannot stand here' : 'the stack pointer cannot stand here');
  return { bits: (found.number << low) | (letter === 'R' && found.isWide ? 1 << 31 : 0), used: 1 };
}

const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'];

/** `Rm.shift`: `x3, lsr #4`; type in bits 22-23, amount in bits 10-15. What is reserved is left out
 * by the rows: arithmetic has no `ror`, 32-bit amounts end at 31. `names`: the types that the row's fixed bits leave. */
export function shiftedKind(names: readonly string[]): Kind {
  return {
    number: (word) => field(word, 10, 6),
    read: (word) => {
      const amount = field(word, 10, 6);
      const type = field(word, 22, 2);
      const suffix = amount === 0 && type === 0 ? undefined : `, ${SHIFTS[type]} #${amount}`;
      return register(generalName(field(word, 16, 5), word < 0, false), word < 0 ? 8 : 4, suffix);
    },
    write: (source, at) => {
      const base = writeGeneral(source, at, 'R', false, 16);
      if ('problem' in base) return base;
      const shift = modifierOf(source, at + 1, names, base.bits < 0 ? 63 : 31);
      if (shift === undefined)
        return names[0] === 'lsl'
          ? base
          : problemAt(source.pieces[0]?.[0] ?? source.end, `${names[0]} is expected behind the operands`);
      if ('problem' in shift) return shift;
      const type = SHIFTS.indexOf(names[shift.index] as string);
      return { bits: base.bits | (type << 22) | (shift.amount << 10), used: 2 };
    },
  };
}

const EXTENDS = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'];

/** `Rm.extend`: `w3, uxtw #2`; option in bits 13-15, amount in bits 10-12. */
export const EXTENDED: Kind = {
  isAllowed: (word) => field(word, 10, 3) <= 4,
  number: (word) => field(word, 10, 3),
  read: (word) => {
    const option = field(word, 13, 3);
    const isWide = word < 0 && (option & 3) === 3;
    return register(generalName(field(word, 16, 5), isWide, false), isWide ? 8 : 4, extendSuffix(word));
  },
  write: (source, at) => writeExtended(source, at),
};

/** `lsl` is the preferred name where the stack pointer is involved and the extension does nothing, and is left out for 0. */
function extendSuffix(word: number): string | undefined {
  const option = field(word, 13, 3);
  const amount = field(word, 10, 3);
  const involvesStack = field(word, 5, 5) === 31 || (field(word, 0, 5) === 31 && field(word, 29, 1) === 0);
  const isPlain = option === (word < 0 ? 3 : 2);
  if (involvesStack && isPlain) return amount === 0 ? undefined : `, lsl #${amount}`;
  return `, ${EXTENDS[option]}${amount === 0 ? '' : ` #${amount}`}`;
}

function writeExtended(source: Source, at: number): Encoded | AssemblyProblem {
  const token = source.pieces[at]?.[0] ?? source.end;
  const found = generalOf(token);
  if (found === undefined || found.isStack)
    return problemAt(token, 'a register that is not the stack pointer is expected here');
  const extend = modifierOf(source, at + 1, [...EXTENDS, 'lsl'], 4);
  if (extend !== undefined && 'problem' in extend) return extend;
  const isLeftShift = extend === undefined || extend.index === 8;
  // Without the stack pointer the form with a shift is meant.
  const isStack = source.pieces.slice(0, at).some((piece) => generalOf(piece[0])?.isStack === true);
  if (isLeftShift && !isStack) return problemAt(token, 'an extension (uxtw, sxtw, …) is expected behind it');
  const option = isLeftShift ? (found.isWide ? 3 : 2) : extend.index;
  if (((option & 3) === 3) !== found.isWide)
    return problemAt(token, 'this extension takes a register of the other width');
  return {
    bits: (found.number << 16) | (option << 13) | ((extend?.amount ?? 0) << 10),
    used: extend === undefined ? 1 : 2,
  };
}

/** A modifier piece `lsl #3` at `at`: which of `names`, and its amount; undefined where there is no piece. */
export function modifierOf(
  source: Source,
  at: number,
  names: readonly string[],
  amountMax: number,
): { readonly index: number; readonly amount: number } | AssemblyProblem | undefined {
  const piece = source.pieces[at];
  if (piece === undefined) return undefined;
  const [name, ...rest] = piece;
  const index = names.indexOf(name?.text.toLowerCase() ?? '');
  if (index < 0) return problemAt(name as Token, `one of ${names.join(', ')} is expected here`);
  const tokens = rest[0]?.text === '#' ? rest.slice(1) : rest;
  if (tokens.length === 0) return { index, amount: 0 };
  const value = evaluate(tokens, source.scope);
  if ('problem' in value) return value;
  if (value.value < 0n || value.value > BigInt(amountMax))
    return problemAt(tokens[0] as Token, `an amount from 0 to ${amountMax} is expected here`);
  return { index, amount: Number(value.value) };
}

/** A scalar floating-point register of fixed width (`Dd`), or (`F`) of bits 22-23: 0 `s`, 1 `d`, 3 `h`. */
export function scalarKind(letter: string, place: string): Kind {
  const low = REGISTER_LOW[place] as number;
  const letterOf = (word: number) =>
    letter === 'F' ? (['s', 'd', '', 'h'][field(word, 22, 2)] as string) : letter.toLowerCase();
  return {
    ...(letter === 'F' ? { isAllowed: (word: number) => field(word, 22, 2) !== 2 } : {}),
    read: (word) => {
      const type = letterOf(word);
      return register(`${type}${field(word, low, 5)}`, SCALAR_SIZE[type] ?? 0);
    },
    write: (source, at) => writeScalar(source, at, letter, low),
  };
}

function writeScalar(source: Source, at: number, letter: string, low: number): Encoded | AssemblyProblem {
  const token = source.pieces[at]?.[0] ?? source.end;
  const match = /^([bhsdq])(\d{1,2})$/.exec(token.text.toLowerCase());
  if (match === null || Number(match[2]) > 31) return problemAt(token, 'a floating-point register is expected here');
  if (letter !== 'F' && match[1] !== letter.toLowerCase())
    return problemAt(token, `a register ${letter.toLowerCase()}0 to ${letter.toLowerCase()}31 is expected here`);
  const type = letter === 'F' ? ({ s: 0, d: 1, h: 3 }[match[1] as string] ?? 2) << 22 : 0;
  return { bits: (Number(match[2]) << low) | type, used: 1 };
}
