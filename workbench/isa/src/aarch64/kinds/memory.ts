// Memory operands: base with displacement, with write-back before or after, with an index register, literals.

import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { type NumberShape, numberBits, numberIn, numberOf } from './immediate.ts';
import { type Encoded, field, type Kind, type Source } from './kind.ts';
import { generalName, generalOf, modifierOf } from './register.ts';

function baseName(word: number): string {
  return generalName(field(word, 5, 5), true, true);
}

/** When the base register changes. */
export type WriteBack = 'before' | 'after' | undefined;

/** `[xn]`, `[xn, #16]`, `[xn, #16]!`, `[xn], #16`; `size` bytes are accessed. */
export function displacedKind(shape: NumberShape | undefined, size: number, writeBack: WriteBack): Kind {
  const numberIs = (word: number) => (shape === undefined ? 0 : numberOf(word, shape));
  const read = (word: number): Operand => ({
    kind: 'memory',
    base: baseName(word),
    scale: 1,
    displacement: BigInt(numberIs(word)),
    size,
    ...(writeBack === undefined ? {} : { writeBack }),
  });
  return {
    read,
    ...(shape === undefined ? {} : { number: numberIs }),
    ...(shape?.style === 'decimal'
      ? { text: (word: number) => decimalText(baseName(word), numberIs(word), writeBack) }
      : {}),
    write: (source, at) => writeDisplaced(source, at, shape, writeBack),
  };
}

function decimalText(base: string, value: number, writeBack: WriteBack): string {
  return writeBack === 'after' ? `[${base}], #${value}` : `[${base}, #${value}]!`;
}

/** The tokens between a piece's brackets cut at commas, and what stands behind them. */
interface Bracket {
  readonly base: number;
  readonly parts: readonly (readonly Token[])[];
  readonly hasMark: boolean;
}

function bracketOf(source: Source, at: number): Bracket | AssemblyProblem {
  const piece = source.pieces[at] ?? [];
  if (piece[0]?.text !== '[') return problemAt(piece[0] ?? source.end, 'a memory operand in brackets is expected here');
  const close = piece.findIndex(({ text }) => text === ']');
  if (close < 0) return problemAt(piece[0], 'this bracket is not closed');
  const hasMark = piece[close + 1]?.text === '!';
  const extra = piece[close + (hasMark ? 2 : 1)];
  if (extra !== undefined) return problemAt(extra, 'a comma is expected before it');
  const [base = [], ...parts] = cutAtCommas(piece.slice(1, close));
  const found = generalOf(base[0]);
  if (found === undefined || !found.isWide || (found.number === 31 && !found.isStack))
    return problemAt(base[0] ?? (piece[close] as Token), 'the base is a 64-bit register or sp');
  if (base[1] !== undefined) return problemAt(base[1], 'a comma is expected before it');
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty >= 0) return problemAt(piece[close] as Token, 'something is missing after a comma');
  return { base: found.number << 5, parts, hasMark };
}

function cutAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function writeDisplaced(
  source: Source,
  at: number,
  shape: NumberShape | undefined,
  writeBack: WriteBack,
): Encoded | AssemblyProblem {
  const bracket = bracketOf(source, at);
  if ('problem' in bracket) return bracket;
  const first = source.pieces[at]?.[0] as Token;
  if (bracket.hasMark !== (writeBack === 'before'))
    return problemAt(
      first,
      bracket.hasMark
        ? 'this instruction has no form with write-back (!)'
        : 'write-back (!) is expected after the bracket',
    );
  if (bracket.parts.length > 1)
    return problemAt(bracket.parts[1]?.[0] as Token, 'a number stands alone behind the base');
  const inside = bracket.parts[0];
  const isAfter = writeBack === 'after';
  if (isAfter && inside !== undefined)
    return problemAt(inside[0] as Token, 'the number stands behind the bracket or inside, not both');
  const part = isAfter ? source.pieces[at + 1] : inside;
  if (part === undefined)
    return writeBack === undefined
      ? { bits: bracket.base, used: 1 }
      : problemAt(source.end, 'the number by which the base changes is missing');
  const value = numberIn(part, source);
  if ('problem' in value) return value;
  const used = isAfter ? 2 : 1;
  if (shape === undefined)
    return value.value === 0n ? { bits: bracket.base, used } : problemAt(value.token, 'only 0 can stand here');
  const bits = numberBits(value.value, shape, value.token);
  return 'problem' in bits ? bits : { bits: bits.bits | bracket.base, used };
}

const INDEX_EXTENDS: Readonly<Record<number, string>> = { 2: 'uxtw', 3: 'lsl', 6: 'sxtw', 7: 'sxtx' };

/** `[xn, xm, lsl #3]`, `[xn, wm, sxtw]`: option in bits 13-15, S (scaled by the size) in bit 12. */
export function indexedKind(size: number): Kind {
  const amount = Math.log2(size);
  return {
    read: (word) => {
      const option = field(word, 13, 3);
      const isScaled = field(word, 12, 1) === 1;
      const isPlain = option === 3 && !isScaled;
      return {
        kind: 'memory',
        base: baseName(word),
        index: generalName(field(word, 16, 5), (option & 1) === 1, false),
        scale: isScaled ? size : 1,
        displacement: 0n,
        size,
        ...(isPlain ? {} : { extend: INDEX_EXTENDS[option] ?? '' }),
        ...(isScaled ? { suffix: ` #${amount}` } : {}),
      };
    },
    write: (source, at) => writeIndexed(source, at, amount),
  };
}

function writeIndexed(source: Source, at: number, amount: number): Encoded | AssemblyProblem {
  const bracket = bracketOf(source, at);
  if ('problem' in bracket) return bracket;
  const [index, ...modifier] = bracket.parts;
  const found = generalOf(index?.[0]);
  const first = source.pieces[at]?.[0] as Token;
  if (found === undefined || found.isStack)
    return problemAt(index?.[0] ?? first, 'an index register is expected after the base');
  if (bracket.hasMark) return problemAt(first, 'a memory operand with an index has no write-back');
  const inner = { ...source, pieces: modifier };
  const extend = modifierOf(inner, 0, ['uxtw', 'lsl', 'sxtw', 'sxtx'], amount);
  if (extend !== undefined && 'problem' in extend) return extend;
  const option = extend === undefined ? 3 : ([2, 3, 6, 7][extend.index] as number);
  if (((option & 1) === 1) !== found.isWide)
    return problemAt(index?.[0] as Token, 'this extension takes an index of the other width');
  if (extend !== undefined && extend.amount !== 0 && extend.amount !== amount)
    return problemAt(modifier[0]?.[0] as Token, `the amount is 0 or ${amount}`);
  const hasAmount = (modifier[0]?.length ?? 0) > 1;
  const isScaled = extend !== undefined && (amount === 0 ? hasAmount : extend.amount === amount);
  return { bits: bracket.base | (found.number << 16) | (option << 13) | (isScaled ? 1 << 12 : 0), used: 1 };
}

/** `[xn], xm`: after the access of `size` bytes the base grows by a register, or (register 31) by the size. */
export function stepKind(sizeOf: (word: number) => number): Kind {
  const read = (word: number): Operand => {
    const index = field(word, 16, 5);
    const shared = { kind: 'memory', base: baseName(word), scale: 1, size: sizeOf(word), writeBack: 'after' } as const;
    if (index === 31) return { ...shared, displacement: BigInt(sizeOf(word)) };
    return { ...shared, displacement: 0n, index: generalName(index, true, false) };
  };
  return {
    read,
    text: (word) => {
      const index = field(word, 16, 5);
      return `[${baseName(word)}], ${index === 31 ? `#${sizeOf(word)}` : generalName(index, true, false)}`;
    },
  };
}

/** A literal: memory at a relative address, 19 bits of words from bit 5. */
export function literalKind(size: number): Kind {
  const shape: NumberShape = { low: 5, width: 19, scale: 4, isSigned: true, style: 'hex' };
  return {
    read: (word, address) => ({
      kind: 'memory',
      scale: 1,
      displacement: 0n,
      size,
      address: address + numberOf(word, shape),
    }),
    write: (source, at) => {
      if (source.pieces[at]?.[0]?.text === '[')
        return problemAt(source.pieces[at]?.[0] as Token, 'a label is expected here');
      const value = numberIn(source.pieces[at] ?? [], source);
      if ('problem' in value) return value;
      const distance = source.isDraft ? 0n : value.value - BigInt(source.scope.address);
      return numberBits(distance, shape, value.token);
    },
  };
}
