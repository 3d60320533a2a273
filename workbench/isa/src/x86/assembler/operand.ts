// Operands of Intel syntax: registers, memory with an optional size and segment, numbers and addresses.

import type { Register } from 'iced-x86';
import { evaluate, type Scope } from '../../assembler/expression.ts';
import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import { registerOf } from '../registers.ts';

/** A parsed operand; `token` is where it begins. */
export type Parsed = (RegisterOperand | MemoryOperand | ValueOperand) & Marks & { readonly token: Token };

/** `{k1}{z}` behind an operand. */
export interface Marks {
  readonly mask?: Register;
  readonly isZeroing?: boolean;
}

/** A register. */
export interface RegisterOperand {
  readonly kind: 'register';
  readonly register: Register;
}

/** `dword ptr fs:[rax+rcx*4+8]`. */
export interface MemoryOperand {
  readonly kind: 'memory';
  /** Bytes, 0 when the source does not say. */
  readonly size: number;
  readonly segment?: Register;
  readonly base?: Register;
  readonly index?: Register;
  readonly scale: number;
  readonly displacement: bigint;
  /** `address`: the displacement is an address to be reached from the next instruction; `next`: it counts from there. */
  readonly relative?: 'address' | 'next';
}

/** A number, or the address of a name. */
export interface ValueOperand {
  readonly kind: 'value';
  readonly value: bigint;
  readonly isAddress: boolean;
  /** `short` was written: one byte of distance, or none. */
  readonly isShort: boolean;
}

/** Bytes of the words before `ptr`. */
const SIZES: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  fword: 6,
  qword: 8,
  mmword: 8,
  tbyte: 10,
  oword: 16,
  xmmword: 16,
  ymmword: 32,
  zmmword: 64,
};
const SEGMENTS = /^[cdefgs]s$/i;

/** Reads one operand; `tokens` has at least one. */
export function operandOf(all: readonly Token[], scope: Scope): Parsed | AssemblyProblem {
  const cut = marksOf(all);
  if ('problem' in cut) return cut;
  const { marks } = cut;
  const tokens = cut.tokens.length > 1 && isWord(cut.tokens[0], 'far') ? cut.tokens.slice(1) : cut.tokens;
  const [token, next] = tokens;
  if (token === undefined) return problemAt(all[0] as Token, 'an operand is expected before it');
  const size = token.kind === 'name' ? SIZES[token.text.toLowerCase()] : undefined;
  const isSized = size !== undefined && next !== undefined;
  const rest = isSized ? tokens.slice(isWord(next, 'ptr') ? 2 : 1) : tokens;
  const parsed = isSized || isMemory(rest) ? memoryOf(rest, size ?? 0, scope, token) : plainOf(rest, scope, token);
  return 'problem' in parsed ? parsed : { ...parsed, ...marks, token };
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'name' && token.text.toLowerCase() === word;
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark;
}

/** Splits `{k1}{z}` off the end. */
function marksOf(
  tokens: readonly Token[],
): { readonly tokens: readonly Token[]; readonly marks: Marks } | AssemblyProblem {
  let rest = tokens;
  let marks: Marks = {};
  while (rest.length > 3 && isMark(rest.at(-1), '}') && isMark(rest.at(-3), '{')) {
    const word = rest.at(-2) as Token;
    const register = /^k[1-7]$/i.test(word.text) ? registerOf(word.text) : undefined;
    if (register !== undefined) marks = { ...marks, mask: register };
    else if (isWord(word, 'z')) marks = { ...marks, isZeroing: true };
    else return problemAt(word, 'a mask k1 to k7 or z is expected here');
    rest = rest.slice(0, -3);
  }
  return { tokens: rest, marks };
}

function isMemory(tokens: readonly Token[]): boolean {
  const isSegment = SEGMENTS.test(tokens[0]?.text ?? '') && isMark(tokens[1], ':');
  return isMark(tokens[0], '[') || isSegment;
}

/** A register, `st(1)`, or a value. */
function plainOf(
  tokens: readonly Token[],
  scope: Scope,
  first: Token,
): RegisterOperand | ValueOperand | AssemblyProblem {
  const text = tokens.map((token) => token.text).join('');
  const register = first.kind === 'name' ? registerOf(text) : undefined;
  if (register !== undefined) return { kind: 'register', register };
  const isShort = isWord(first, 'short');
  const skip = (isShort || isWord(first, 'near') || isWord(first, 'offset')) && tokens.length > 1 ? 1 : 0;
  const value = evaluate(tokens.slice(skip), scope);
  return 'problem' in value ? value : { kind: 'value', ...value, isShort };
}

function memoryOf(tokens: readonly Token[], size: number, scope: Scope, first: Token): MemoryOperand | AssemblyProblem {
  const hasSegment = SEGMENTS.test(tokens[0]?.text ?? '') && isMark(tokens[1], ':');
  const segment = hasSegment ? registerOf(tokens[0]?.text ?? '') : undefined;
  const rest = hasSegment ? tokens.slice(2) : tokens;
  const isBracketed = isMark(rest[0], '[');
  if (!isBracketed && !hasSegment) return problemAt(rest[0] ?? first, 'memory is written in brackets: [rdi+8]');
  if (isBracketed && !isMark(rest.at(-1), ']')) return problemAt(rest.at(-1) as Token, 'a ] is expected behind it');
  const inside = isBracketed ? rest.slice(1, -1) : rest;
  const address = addressOf(inside, scope, rest[0] ?? first);
  if ('problem' in address) return address;
  const isOwnSegment = segment !== undefined && /^[fg]s$/i.test(tokens[0]?.text ?? '');
  return { kind: 'memory', size, ...(segment === undefined ? {} : { segment }), ...placed(address, isOwnSegment) };
}

/** What stands in the brackets. */
interface Address {
  readonly base?: Register;
  readonly index?: Register;
  readonly scale: number;
  readonly displacement: bigint;
  readonly isAddress: boolean;
  readonly isRip: boolean;
}

/** A name alone is reached from the instruction, as in position-independent code; so is `[rip+name]`. */
function placed(address: Address, isOwnSegment: boolean): Omit<MemoryOperand, 'kind' | 'size'> {
  const { isAddress, isRip, ...rest } = address;
  if (isRip) return { ...rest, relative: isAddress ? 'address' : 'next' };
  const isBare = rest.base === undefined && rest.index === undefined;
  return isAddress && isBare && !isOwnSegment ? { ...rest, relative: 'address' } : rest;
}

/** One summand: a sign and what follows it up to the next sign. */
interface Term {
  readonly sign: Token | undefined;
  readonly tokens: readonly Token[];
}

function termsOf(tokens: readonly Token[]): readonly Term[] {
  const terms: Term[] = [];
  let sign: Token | undefined;
  let part: Token[] = [];
  for (const token of tokens) {
    if ((isMark(token, '+') || isMark(token, '-')) && part.length > 0) {
      terms.push({ sign, tokens: part });
      part = [];
      sign = token;
    } else if (isMark(token, '+') || isMark(token, '-')) sign = token;
    else part.push(token);
  }
  terms.push({ sign, tokens: part });
  return terms;
}

function addressOf(tokens: readonly Token[], scope: Scope, at: Token): Address | AssemblyProblem {
  const constants: Token[] = [];
  let address: Address = { scale: 1, displacement: 0n, isAddress: false, isRip: false };
  const inside = isWord(tokens[0], 'rel') && tokens.length > 1 ? tokens.slice(1) : tokens;
  if (inside.length === 0) return problemAt(at, 'an address is expected in the brackets');
  for (const { sign, tokens: term } of termsOf(inside)) {
    const token = term.find(({ kind, text }) => kind === 'name' && (registerOf(text) !== undefined || text === 'rip'));
    if (token === undefined) constants.push(...(sign === undefined ? [] : [sign]), ...term);
    else {
      const added = isMark(sign, '-')
        ? problemAt(token, 'a register cannot be subtracted')
        : withRegister(address, term, token);
      if ('problem' in added) return added;
      address = added;
    }
  }
  if (constants.length === 0) return address;
  const value = evaluate(constants, scope);
  if ('problem' in value) return value;
  const displacement = BigInt.asIntN(64, value.value);
  const hasRegister = address.base !== undefined || address.index !== undefined || address.isRip;
  const isWide = BigInt.asIntN(32, displacement) !== displacement && !(address.isRip && value.isAddress);
  if (hasRegister && isWide) return problemAt(at, 'beside a register a displacement has 32 bits with a sign');
  return { ...address, displacement, isAddress: value.isAddress };
}

/** Adds `reg`, `reg*scale` or `scale*reg`. */
function withRegister(address: Address, term: readonly Token[], token: Token): Address | AssemblyProblem {
  if (token.text.toLowerCase() === 'rip') return { ...address, isRip: true };
  const register = registerOf(token.text) as Register;
  if (term.length === 1 && address.base === undefined) return { ...address, base: register };
  if (address.index !== undefined) return problemAt(token, 'an address has one base and one index register');
  if (term.length === 1) return { ...address, index: register };
  const factor = term.find(({ kind }) => kind === 'number');
  const scale = Number(factor?.value ?? 0n);
  if (term.length !== 3 || factor === undefined || ![1, 2, 4, 8].includes(scale)) {
    return problemAt(factor ?? token, 'an index register is multiplied by 1, 2, 4 or 8');
  }
  return { ...address, index: register, scale };
}
