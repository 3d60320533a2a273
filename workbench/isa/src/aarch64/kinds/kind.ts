// An operand kind: one way in which a word's fields make an operand. A row of the tables names the kinds of its operands, and
// the same kind reads them from a word, writes their text and, where the assembler offers it, encodes them again.

import type { Scope } from '../../assembler/expression.ts';
import type { Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';

/** What an assembler kind gives: the word's bits, and how many comma-separated pieces it took. */
export interface Encoded {
  readonly bits: number;
  readonly used: number;
}

/** Operands of a source line, cut at commas, and where the line ends. */
export interface Source {
  readonly pieces: readonly (readonly Token[])[];
  readonly end: Token;
  readonly scope: Scope;
  /** Labels are not placed yet: distances are not judged. */
  readonly isDraft: boolean;
}

/** One kind of operand. */
export interface Kind {
  /** The operands (mostly one; lists have more) of a word at an address. */
  read(word: number, address: number): Operand | readonly Operand[];
  /** Text, where it is not the operand's own. */
  text?(word: number, address: number): string;
  /** False for values of the fields that the architecture reserves: the word is not this instruction. */
  isAllowed?(word: number): boolean;
  /** The number in it (immediate, displacement, shift amount), for columns. */
  number?(word: number): number;
  /** The register may be written in either width: it is read as what the other fields say. */
  readonly isLoose?: boolean;
  /** Encodes the piece at `at`. */
  write?(source: Source, at: number): Encoded | AssemblyProblem;
}

/** Bits `low` to `low + width - 1` of a word. */
export function field(word: number, low: number, width: number): number {
  return (word >>> low) & ((1 << width) - 1);
}

/** The same, as a two's complement number. */
export function signedField(word: number, low: number, width: number): number {
  return (word << (32 - low - width)) >> (32 - width);
}

/** `#0x10`, `#-0x8`: immediates as llvm-objdump writes them. */
export function hex(value: number | bigint): string {
  return value < 0 ? `#-0x${(-value).toString(16)}` : `#0x${value.toString(16)}`;
}

/** An operand as text. */
export function operandText(operand: Operand): string {
  switch (operand.kind) {
    case 'register':
      return operand.name + (operand.suffix ?? '');
    case 'immediate':
      return hex(operand.value) + (operand.suffix ?? '');
    case 'memory':
      return memoryText(operand);
    case 'target':
      return addressText(operand.address);
    case 'word':
      return operand.text;
  }
}

/** An address; one below 0 wraps around, as in a register. */
function addressText(address: number): string {
  return `0x${(address < 0 ? BigInt.asUintN(64, BigInt(address)) : address).toString(16)}`;
}

type Memory = Extract<Operand, { kind: 'memory' }>;

function memoryText(memory: Memory): string {
  if (memory.base === undefined) return addressText(memory.address ?? 0);
  if (memory.index !== undefined) return indexText(memory, memory.base, memory.index);
  const displacement = hex(memory.displacement);
  if (memory.writeBack === 'after') return `[${memory.base}], ${displacement}`;
  const inside = memory.displacement === 0n && memory.writeBack === undefined ? '' : `, ${displacement}`;
  return `[${memory.base}${inside}]${memory.writeBack === 'before' ? '!' : ''}`;
}

function indexText(memory: Memory, base: string, index: string): string {
  if (memory.writeBack === 'after') return `[${base}], ${index}`;
  if (memory.extend === undefined) return `[${base}, ${index}]`;
  const amount = memory.suffix ?? '';
  return `[${base}, ${index}, ${memory.extend}${amount}]`;
}
