// Operand kinds of one or two instructions each: tested bits, register pairs, memory copies, bit fields under their other names.

import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { immediate, numberAt } from './immediate.ts';
import { type Encoded, field, type Kind, type Source } from './kind.ts';
import { stepKind } from './memory.ts';
import { generalName, generalOf, register } from './register.ts';

/** `tbz`: the register is 64 bits wide only where bit 31 (the tested bit's highest) is set; `x` may be written for all. */
const TESTED: Kind = {
  isLoose: true,
  read: (word) => register(generalName(field(word, 0, 5), word < 0, false), word < 0 ? 8 : 4),
  write: (source, at) => {
    const token = source.pieces[at]?.[0] ?? source.end;
    const found = generalOf(token);
    if (found === undefined || found.isStack)
      return problemAt(token, 'a register that is not the stack pointer is expected here');
    return { bits: found.number, used: 1 };
  },
};

const TESTED_BIT: Kind = {
  number: (word) => (word >>> 31) * 32 + field(word, 19, 5),
  read: (word) => immediate((word >>> 31) * 32 + field(word, 19, 5), 1),
  write: (source, at) => {
    const value = numberAt(source, at);
    if ('problem' in value) return value;
    const biggest = /^[wW]/.test(source.pieces[at - 1]?.[0]?.text ?? '') ? 31n : 63n;
    if (value.value < 0n || value.value > biggest)
      return problemAt(value.token, `a bit from 0 to ${biggest} is expected here`);
    const bit = Number(value.value);
    return { bits: ((bit & 31) << 19) | (bit > 31 ? 1 << 31 : 0), used: 1 };
  },
};

/** Two registers in a row, the first one even: `casp`. */
function pairKind(low: number, isWide: boolean): Kind {
  return {
    isAllowed: (word) => field(word, low, 1) === 0,
    read: (word) =>
      [0, 1].map((next) => register(generalName(field(word, low, 5) + next, isWide, false), isWide ? 8 : 4)),
  };
}

/** `[x0]!` and `x2!` of the memory copies: registers that the instruction moves on. */
function movedKind(low: number, hasBrackets: boolean): Kind {
  return {
    // The count may be the zero register, the addresses not.
    isAllowed: (word) => !hasBrackets || field(word, low, 5) !== 31,
    read: (word) => {
      const base = generalName(field(word, low, 5), true, false);
      if (!hasBrackets) return register(base, 8, '!');
      return { kind: 'memory', base, scale: 1, displacement: 0n, size: 0, writeBack: 'before' };
    },
    ...(hasBrackets ? { text: (word: number) => `[${generalName(field(word, low, 5), true, false)}]!` } : {}),
  };
}

/** `ldraa`: ten bits (S, imm9) of double words. */
function authenticatedKind(writeBack: 'before' | undefined): Kind {
  const value = (word: number) => (field(word, 22, 1) === 1 ? -4096 : 0) + field(word, 12, 9) * 8;
  return {
    number: value,
    read: (word) => ({
      kind: 'memory',
      base: generalName(field(word, 5, 5), true, true),
      scale: 1,
      displacement: BigInt(value(word)),
      size: 8,
      ...(writeBack === undefined ? {} : { writeBack }),
    }),
  };
}

/** `[x0], #16` and `[x0, #-16]!` with the size of the access. */
function movingKind(size: number, writeBack: 'before' | 'after'): Kind {
  const base = (word: number) => generalName(field(word, 5, 5), true, true);
  const displacement = BigInt(writeBack === 'before' ? -size : size);
  return {
    read: (word) => ({ kind: 'memory', base: base(word), scale: 1, displacement, size, writeBack }),
    text: (word) =>
      writeBack === 'before' ? `[${base(word)}, #${displacement}]!` : `[${base(word)}], #${displacement}`,
  };
}

/** The place that signed a return address: up to 2^16 - 1 words back. */
const BACKWARDS: Kind = {
  read: (word, address) => ({ kind: 'target', address: address - field(word, 5, 16) * 4 }),
};

/** `x3, lsl #2` of `addpt`: amount in bits 10-12. */
const POINTER_INDEX: Kind = {
  read: (word) => {
    const amount = field(word, 10, 3);
    return register(generalName(field(word, 16, 5), true, false), 8, amount === 0 ? undefined : `, lsl #${amount}`);
  },
};

/** `cinc`, `ror`: one written source that fills Rn and Rm. */
const BOTH_SOURCES: Kind = {
  read: (word) => register(generalName(field(word, 5, 5), word < 0, false), word < 0 ? 8 : 4),
  write: (source, at) => {
    const found = generalOf(source.pieces[at]?.[0]);
    if (found === undefined || found.isStack)
      return problemAt(
        source.pieces[at]?.[0] ?? source.end,
        'a register that is not the stack pointer is expected here',
      );
    return { bits: (found.number << 5) | (found.number << 16) | (found.isWide ? 1 << 31 : 0), used: 1 };
  },
};

/** A word that is always there: `csync`, `x16`. */
export function wordKind(text: string): Kind {
  const read = (): Operand => ({ kind: 'word', text });
  return {
    read,
    write: (source, at) => {
      const token = source.pieces[at]?.[0] ?? source.end;
      return token.text.toLowerCase() === text ? { bits: 0, used: 1 } : problemAt(token, `${text} is expected here`);
    },
  };
}

// Bit fields: immr is bits 16-21, imms bits 10-15; the register's width comes from bit 31.

const widthOf = (word: number) => (word < 0 ? 64 : 32);
const immr = (word: number) => field(word, 16, 6);
const imms = (word: number) => field(word, 10, 6);

type FieldWriter = (value: number, width: number, before: number) => number | undefined;

/** A number of a bit field's alias; `write` gives the word's bits from it, the width, and the number before it. */
function bitFieldKind(value: (word: number) => number, write: FieldWriter, isHex = false): Kind {
  return {
    number: value,
    read: (word) => immediate(value(word), 1),
    ...(isHex ? {} : { text: (word: number) => `#${value(word)}` }),
    write: (source, at) => writeBitField(source, at, write),
  };
}

function writeBitField(source: Source, at: number, write: FieldWriter): Encoded | AssemblyProblem {
  const value = numberAt(source, at);
  if ('problem' in value) return value;
  const before = numberAt(source, at - 1);
  const width = /^[wW]/.test(source.pieces[0]?.[0]?.text ?? '') ? 32 : 64;
  const bits = write(Number(value.value), width, 'problem' in before ? 0 : Number(before.value));
  if (bits === undefined || value.value < 0n || value.value >= 128n)
    return problemAt(value.token as Token, `the bits must lie inside the register's ${width}`);
  return { bits, used: 1 };
}

const isBit = (value: number, width: number) => value >= 0 && value < width;

const LEFT_SHIFT = bitFieldKind(
  (word) => widthOf(word) - 1 - imms(word),
  (value, width) => (isBit(value, width) ? (((width - value) % width) << 16) | ((width - 1 - value) << 10) : undefined),
);
const RIGHT_SHIFT = bitFieldKind(immr, (value, width) => (isBit(value, width) ? value << 16 : undefined));
const ROTATION = bitFieldKind(imms, (value, width) => (isBit(value, width) ? value << 10 : undefined), true);
const INSERT_PLACE = bitFieldKind(
  (word) => (widthOf(word) - immr(word)) % widthOf(word),
  (value, width) => (isBit(value, width) ? ((width - value) % width) << 16 : undefined),
);
const INSERT_WIDTH = bitFieldKind(
  (word) => imms(word) + 1,
  (value, width, place) => (value >= 1 && place + value <= width ? (value - 1) << 10 : undefined),
);
const EXTRACT_PLACE = bitFieldKind(immr, (value, width) => (isBit(value, width) ? value << 16 : undefined));
const EXTRACT_WIDTH = bitFieldKind(
  (word) => imms(word) - immr(word) + 1,
  (value, width, place) => (value >= 1 && place + value <= width ? (place + value - 1) << 10 : undefined),
);

const fullSize = (word: number) => (field(word, 30, 1) === 1 ? 16 : 8);
const COUNTS = [1, 2, 3, 4] as const;

/** Kinds by the name they have in the tables. */
export const SPECIAL_KINDS: Readonly<Record<string, Kind>> = {
  'Rt.bit': TESTED,
  '#bit': TESTED_BIT,
  'Ws.pair': pairKind(16, false),
  'Xs.pair': pairKind(16, true),
  'Wt.pair': pairKind(0, false),
  'Xt.pair': pairKind(0, true),
  '[Xd]!': movedKind(0, true),
  '[Xs]!': movedKind(16, true),
  'Xn!': movedKind(5, false),
  '[Xn,ldraa]': authenticatedKind(undefined),
  '[Xn,ldraa]!': authenticatedKind('before'),
  back: BACKWARDS,
  'Rn=m': BOTH_SOURCES,
  'Xm.pt': POINTER_INDEX,
  // RCPC3: the base moves by the size that is accessed, always in decimal.
  ...Object.fromEntries([4, 8, 16].map((size) => [`[Xn],pair${size}`, movingKind(size, 'after')])),
  ...Object.fromEntries([4, 8, 16].map((size) => [`[Xn,-pair${size}]!`, movingKind(size, 'before')])),
  csync: wordKind('csync'),
  dsync: wordKind('dsync'),
  x16: wordKind('x16'),
  sm: wordKind('sm'),
  za: wordKind('za'),
  '#lsl': LEFT_SHIFT,
  '#lsr': RIGHT_SHIFT,
  '#ror': ROTATION,
  '#insert': INSERT_PLACE,
  '#insert-width': INSERT_WIDTH,
  '#extract': EXTRACT_PLACE,
  '#extract-width': EXTRACT_WIDTH,
  // Steps of structures: all of `count` registers, or an element (by size, bits 10-11) of each.
  ...Object.fromEntries(COUNTS.map((count) => [`[Xn],Xm*${count}`, stepKind((word) => count * fullSize(word))])),
  ...Object.fromEntries(COUNTS.map((count) => [`[Xn],Xm<<${count}`, stepKind((word) => count << field(word, 10, 2))])),
  ...Object.fromEntries(
    COUNTS.flatMap((count) => [1, 2, 4, 8].map((size) => [`[Xn],Xm:${count * size}`, stepKind(() => count * size)])),
  ),
};
