// Tokens of an assembler source: names, numbers, texts in quotes, and single marks. Both instruction sets read theirs with it;
// they differ in what begins a comment.

import type { AssemblyProblem } from '../assembly.ts';

/** A piece of a line, and where it stands (line and column from 1). */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'mark' | 'end';
  /** As it was written; empty for the end of a line. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Value of a number; `'A'` is 65. */
  readonly value?: bigint;
  /** Bytes of a string, escapes replaced. */
  readonly bytes?: Uint8Array;
}

/** Characters of one line that are read; what is longer is a problem. */
const LINE_SIZE_MAX = 4096;

const SPACE = /[ \t\r]+/y;
const NAME = /[A-Za-z_.$@?][\w.$@?]*/y;
const NUMBER = /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9a-fA-F_]*[hH]\b|[0-9]+(?:\.[0-9]+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const CHARACTER = /'(?:[^'\\]|\\.)'/y;
const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, '0': 0, e: 27, b: 8, f: 12, v: 11 };

/** A problem that points at a token. */
export function problemAt(token: Token, problem: string): AssemblyProblem {
  return { line: token.line, column: token.column, token: token.text, problem };
}

/** The tokens of one line (the last is always an `end`), or what cannot be read. `comments` begin what is left out. */
export function tokensOf(text: string, line: number, comments: readonly string[]): readonly Token[] | AssemblyProblem {
  const tokens: Token[] = [];
  if (text.length > LINE_SIZE_MAX)
    return { line, column: 1, token: '', problem: `a line has at most ${LINE_SIZE_MAX} characters` };
  let at = 0;
  while (at < text.length) {
    const space = matchAt(SPACE, text, at);
    at += space.length;
    if (at >= text.length || comments.some((comment) => text.startsWith(comment, at))) break;
    const token = tokenAt(text, at, line);
    if ('problem' in token) return token;
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', line, column: at + 1 });
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function tokenAt(text: string, at: number, line: number): Token | AssemblyProblem {
  const place = { line, column: at + 1 };
  const name = matchAt(NAME, text, at);
  if (name !== '') return { kind: 'name', text: name, ...place };
  const number = matchAt(NUMBER, text, at);
  if (number !== '') return numberToken(number, place);
  const string = matchAt(STRING, text, at);
  if (string !== '') return { kind: 'string', text: string, bytes: unescaped(string.slice(1, -1)), ...place };
  const character = matchAt(CHARACTER, text, at);
  if (character !== '') return characterToken(character, place);
  const mark = text.charAt(at);
  if (mark === '"') return { ...place, token: mark, problem: 'this text has no closing quote' };
  if (!'[]{}(),:+-*/!#=<>|&~^%'.includes(mark))
    return { ...place, token: mark, problem: 'this character has no meaning here' };
  return { kind: 'mark', text: mark, ...place };
}

type Position = { readonly line: number; readonly column: number };

function numberToken(text: string, place: Position): Token | AssemblyProblem {
  const digits = text.replaceAll('_', '');
  if (/^[0-9]+\.[0-9]+$/.test(digits)) return { kind: 'number', text, ...place };
  const literal = /^[0-9][0-9a-fA-F]*[hH]$/.test(digits) ? `0x${digits.slice(0, -1)}` : digits;
  if (!/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.test(literal))
    return { ...place, token: text, problem: 'this is not a number' };
  return { kind: 'number', text, value: BigInt(literal), ...place };
}

function characterToken(text: string, place: Position): Token | AssemblyProblem {
  const bytes = unescaped(text.slice(1, -1));
  if (bytes.length !== 1)
    return { ...place, token: text, problem: 'one character of one byte goes between the quotes' };
  return { kind: 'number', text, value: BigInt(bytes[0] ?? 0), ...place };
}

function unescaped(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts = text.match(/\\x[0-9a-fA-F]{2}|\\.|[^\\]+/gsu) ?? [];
  return Uint8Array.from(parts.flatMap((part) => [...escaped(part, encoder)]));
}

function escaped(part: string, encoder: TextEncoder): Iterable<number> {
  if (!part.startsWith('\\')) return encoder.encode(part);
  if (part.length === 4) return [Number.parseInt(part.slice(2), 16)];
  const code = ESCAPES[part.slice(1)];
  return code === undefined ? encoder.encode(part.slice(1)) : [code];
}
