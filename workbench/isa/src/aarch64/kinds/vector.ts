// Vector operands of Advanced SIMD: `v0.4s`, an element `v0.s[1]`, lists `{ v0.16b, v1.16b }`. An arrangement is the size of an
// element (log2 of its bytes) and whether the whole 128 bits are used.

import type { Operand } from '../../instruction.ts';
import { field, type Kind } from './kind.ts';
import { REGISTER_LOW, register, SCALAR_SIZE } from './register.ts';

const LETTERS = 'bhsdq';

/** `8b` for element size 0 in 64 bits, … `1q` for 4 in 128. */
function arrangement(size: number, isFull: boolean): string {
  return `${(isFull ? 16 : 8) >> size}${LETTERS[size]}`;
}

const size2 = (word: number) => field(word, 22, 2);
const isFull = (word: number) => field(word, 30, 1) === 1;
/** Highest set bit of immh (bits 19-22): the element size; -1 where there is none. */
const immhSize = (word: number) => 31 - Math.clz32(field(word, 19, 4));

/** How a notation finds an arrangement in a word; undefined where it is reserved. */
type Arrange = (word: number) => string | undefined;

/** What follows the dot of `Vd.…` in the tables. */
const ARRANGES: Readonly<Record<string, Arrange>> = {
  // By sz (bit 22) and Q: single and double precision.
  f: (word) =>
    field(word, 22, 1) === 1 && !isFull(word) ? undefined : arrangement(2 + field(word, 22, 1), isFull(word)),
  // One width up from size: the results of long operations.
  wide: (word) => (size2(word) === 3 ? undefined : arrangement(size2(word) + 1, true)),
  // One width up, pairwise.
  pair: (word) => (size2(word) === 3 ? undefined : arrangement(size2(word) + 1, isFull(word))),
  // Across lanes: single words only in the whole 128 bits.
  across: (word) =>
    size2(word) === 3 || (size2(word) === 2 && !isFull(word)) ? undefined : arrangement(size2(word), isFull(word)),
  // By immh and Q, and one width up.
  shift: (word) => {
    const size = immhSize(word);
    return size < 0 || (size === 3 && !isFull(word)) ? undefined : arrangement(size, isFull(word));
  },
  shiftnarrow: (word) =>
    immhSize(word) < 0 || immhSize(word) > 2 ? undefined : arrangement(immhSize(word), isFull(word)),
  shiftwide: (word) => (immhSize(word) < 0 || immhSize(word) > 2 ? undefined : arrangement(immhSize(word) + 1, true)),
  shiftf: (word) => {
    const size = immhSize(word);
    return size < 1 || (size === 3 && !isFull(word)) ? undefined : arrangement(size, isFull(word));
  },
  // By the lowest set bit of imm5 (bits 16-20) and Q.
  imm5: (word) => {
    const size = imm5Size(word);
    return size > 3 || (size === 3 && !isFull(word)) ? undefined : arrangement(size, isFull(word));
  },
  // Structures: size in bits 10-11, and 1d exists.
  structure: (word) => arrangement(field(word, 10, 2), isFull(word)),
  structures: (word) =>
    field(word, 10, 2) === 3 && !isFull(word) ? undefined : arrangement(field(word, 10, 2), isFull(word)),
};

function imm5Size(word: number): number {
  const imm5 = field(word, 16, 5);
  return imm5 === 0 ? 5 : 31 - Math.clz32(imm5 & -imm5);
}

/** The arrangement of a notation: fixed (`16b`), one letter by Q (`h`), letters that size may name (`bhs`), or a name above. */
function arrangeOf(notation: string): Arrange {
  if (/^\d/.test(notation)) return () => notation;
  const known = ARRANGES[notation];
  if (known !== undefined) return known;
  const single = LETTERS.indexOf(notation);
  if (notation.length === 1) return (word) => arrangement(single, isFull(word));
  return (word) => {
    const size = size2(word);
    if (!notation.includes(LETTERS.charAt(size)) || (size === 3 && !isFull(word))) return undefined;
    return arrangement(size, isFull(word));
  };
}

/** Bytes of an arrangement: its count times its element. */
function bytesOf(arranged: string): number {
  return Number.parseInt(arranged, 10) * (SCALAR_SIZE[arranged.slice(-1)] ?? 0);
}

/** `Vd.4s`. */
export function vectorKind(place: string, notation: string): Kind {
  const low = REGISTER_LOW[place] as number;
  const arrange = arrangeOf(notation);
  return {
    ...(/^\d/.test(notation) ? {} : { isAllowed: (word: number) => arrange(word) !== undefined }),
    read: (word) => {
      const arranged = arrange(word) ?? '?';
      return register(`v${field(word, low, 5)}`, bytesOf(arranged), `.${arranged}`);
    },
  };
}

/** A scalar whose width a field names: letters that size may name, `wide`, `f` (bit 22), `shift`, `shiftnarrow`, `shiftwide`. */
export function sizedScalarKind(place: string, notation: string): Kind {
  const low = REGISTER_LOW[place] as number;
  const sizeOf = scalarSizeOf(notation);
  return {
    isAllowed: (word) => sizeOf(word) >= 0,
    read: (word) => {
      const letter = LETTERS.charAt(sizeOf(word));
      return register(`${letter}${field(word, low, 5)}`, SCALAR_SIZE[letter] ?? 0);
    },
  };
}

function scalarSizeOf(notation: string): (word: number) => number {
  switch (notation) {
    case 'wide':
      return (word) => (size2(word) === 3 ? -1 : size2(word) + 1);
    case 'f':
      return (word) => 2 + field(word, 22, 1);
    case 'shift':
      return immhSize;
    case 'shiftf':
      return (word) => (immhSize(word) < 1 ? -1 : immhSize(word));
    case 'shiftnarrow':
      return (word) => (immhSize(word) > 2 ? -1 : immhSize(word));
    case 'shiftwide':
      return (word) => (immhSize(word) < 0 || immhSize(word) > 2 ? -1 : immhSize(word) + 1);
    case 'imm5':
      return (word) => (imm5Size(word) > 3 ? -1 : imm5Size(word));
    default:
      return (word) => (notation.includes(LETTERS.charAt(size2(word))) ? size2(word) : -1);
  }
}

function element(number: number, letter: string, index: number): Operand {
  return register(`v${number}`, SCALAR_SIZE[letter.slice(-1)] ?? 0, `${letter === '' ? '' : '.'}${letter}[${index}]`);
}

/** An element chosen by H (bit 11), L (21) and M (20): `h` has H:L:M and registers 0-15, `s`, `4b`, `2h` H:L, `d` H. */
export function elementKind(notation: string): Kind {
  const h = (word: number) => field(word, 11, 1);
  const l = (word: number) => field(word, 21, 1);
  if (notation === 'h')
    return { read: (word) => element(field(word, 16, 4), 'h', h(word) * 4 + l(word) * 2 + field(word, 20, 1)) };
  // Bytes of FP8: H:L:M and bit 19, registers 0-7; pairs of bytes H:L:M, registers 0-15.
  if (notation === 'b')
    return { read: (word) => element(field(word, 16, 3), 'b', h(word) * 8 + l(word) * 4 + field(word, 19, 2)) };
  if (notation === '2b')
    return { read: (word) => element(field(word, 16, 4), '2b', h(word) * 4 + l(word) * 2 + field(word, 20, 1)) };
  if (notation === 'd') return { read: (word) => element(field(word, 16, 5), 'd', h(word)) };
  // `fcmla` of half precision: pairs, H:L, registers 0-31.
  if (notation === 'hpair') return { read: (word) => element(field(word, 16, 5), 'h', h(word) * 2 + l(word)) };
  if (notation === 'spair') return { read: (word) => element(field(word, 16, 5), 's', h(word)) };
  return { read: (word) => element(field(word, 16, 5), notation, h(word) * 2 + l(word)) };
}

/** An element of a fixed place: `Vn.d[1]`. */
export function fixedElementKind(place: string, letter: string, index: number): Kind {
  const low = REGISTER_LOW[place] as number;
  return { read: (word) => element(field(word, low, 5), letter, index) };
}

/** An element by a field of some bits: SM3's `v2.s[1]`, `luti`'s `v2[1]`. */
export function indexKind(place: string, letter: string, low: number, width: number): Kind {
  const registerLow = REGISTER_LOW[place] as number;
  return { read: (word) => element(field(word, registerLow, 5), letter, field(word, low, width)) };
}

/** An element by imm5: the lowest set bit gives the size, the bits above it the index. `letters`: the sizes there are. */
export function imm5ElementKind(place: string, letters: string): Kind {
  const low = REGISTER_LOW[place] as number;
  return {
    isAllowed: (word) => letters.includes(LETTERS.charAt(imm5Size(word)) || '-'),
    read: (word) =>
      element(field(word, low, 5), LETTERS.charAt(imm5Size(word)), field(word, 16, 5) >> (imm5Size(word) + 1)),
  };
}

/** The second element of `ins`: size from imm5, index from imm4 (bits 11-14). */
export const IMM4_ELEMENT: Kind = {
  read: (word) => element(field(word, 5, 5), LETTERS.charAt(imm5Size(word)), field(word, 11, 4) >> imm5Size(word)),
};

function listText(operands: readonly Operand[], index?: number): string {
  const names = operands.map((operand) => (operand.kind === 'register' ? operand.name + (operand.suffix ?? '') : ''));
  return `{ ${names.join(', ')} }${index === undefined ? '' : `[${index}]`}`;
}

/** `count` registers in a row from the one at `place`, 31 followed by 0. */
export function listKind(place: string, count: number, notation: string): Kind {
  const low = REGISTER_LOW[place] as number;
  const arrange = arrangeOf(notation);
  const read = (word: number) => {
    const arranged = arrange(word) ?? '?';
    return Array.from({ length: count }, (_, index) =>
      register(`v${(field(word, low, 5) + index) % 32}`, bytesOf(arranged), `.${arranged}`),
    );
  };
  return { isAllowed: (word) => arrange(word) !== undefined, read, text: (word) => listText(read(word)) };
}

/** Elements of `count` registers: index from Q, S (bit 12) and size (bits 10-11), as many bits as the element leaves. */
export function elementListKind(count: number, letter: string): Kind {
  const size = LETTERS.indexOf(letter);
  const indexOf = (word: number) => (field(word, 30, 1) * 8 + field(word, 10, 3)) >> size;
  const named = (word: number, suffix: string) =>
    Array.from({ length: count }, (_, index) => register(`v${(field(word, 0, 5) + index) % 32}`, 1 << size, suffix));
  return {
    read: (word) => named(word, `.${letter}[${indexOf(word)}]`),
    text: (word) => listText(named(word, `.${letter}`), indexOf(word)),
  };
}

/** Shift amounts of immh:immb (bits 16-22): right shifts count down from twice the element, left shifts up from it. */
export function shiftAmountKind(direction: 'left' | 'right'): Kind {
  const value = (word: number) => {
    const bits = 8 << immhSize(word);
    const field7 = field(word, 16, 7);
    return direction === 'left' ? field7 - bits : bits * 2 - field7;
  };
  return { number: value, read: (word) => ({ kind: 'immediate', value: BigInt(value(word)), size: 1 }) };
}
