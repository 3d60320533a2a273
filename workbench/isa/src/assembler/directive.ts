// Directives that both instruction sets have: data of given width, texts, zeros, alignment.

import type { AssemblyProblem } from '../assembly.ts';
import { evaluate, type Scope } from './expression.ts';
import { operandsOf, type Statement } from './statement.ts';
import { problemAt, type Token } from './token.ts';

/** What a directive's name stands for: bytes of one value, or what it does. */
export type Directive = 1 | 2 | 4 | 8 | 'text' | 'text-zero' | 'zero' | 'align' | 'align-power';

/** Directives whose meaning is the same for every processor; a dialect adds its own (`.word`, `db`). */
export const DIRECTIVES: Readonly<Record<string, Directive>> = {
  '.byte': 1,
  '.short': 2,
  '.hword': 2,
  '.2byte': 2,
  '.long': 4,
  '.int': 4,
  '.4byte': 4,
  '.quad': 8,
  '.8byte': 8,
  '.ascii': 'text',
  '.asciz': 'text-zero',
  '.string': 'text-zero',
  '.zero': 'zero',
  '.space': 'zero',
  '.balign': 'align',
  '.p2align': 'align-power',
};

/** Bytes that one statement may make. */
const STATEMENT_SIZE_MAX = 1 << 16;

/** Bytes of a directive at its place; `padding(size)` gives what fills an alignment. */
export function directiveBytes(
  directive: Directive,
  statement: Statement,
  scope: Scope,
  padding: (size: number) => Uint8Array,
): Uint8Array | AssemblyProblem {
  const operands = operandsOf(statement);
  if ('problem' in operands) return operands;
  if (operands.length === 0) return problemAt(statement.end, 'the directive needs a value');
  if (typeof directive === 'number') return dataBytes(directive, operands, scope);
  if (directive === 'text' || directive === 'text-zero') return textBytes(operands, directive === 'text-zero');
  const amount = amountOf(operands[0] as readonly Token[], scope);
  if (typeof amount !== 'number') return amount;
  if (directive === 'zero') return new Uint8Array(amount);
  const alignment = directive === 'align' ? amount : 2 ** Math.min(amount, 30);
  if (alignment === 0 || alignment > 4096 || (alignment & (alignment - 1)) !== 0)
    return problemAt(operands[0]?.[0] as Token, 'an alignment is a power of two up to 4096');
  return padding((alignment - (scope.address % alignment)) % alignment);
}

function amountOf(tokens: readonly Token[], scope: Scope): number | AssemblyProblem {
  const value = evaluate(tokens, scope);
  if ('problem' in value) return value;
  if (value.value < 0n || value.value > BigInt(STATEMENT_SIZE_MAX))
    return problemAt(tokens[0] as Token, `a size from 0 to ${STATEMENT_SIZE_MAX} is expected`);
  return Number(value.value);
}

function dataBytes(
  width: 1 | 2 | 4 | 8,
  operands: readonly (readonly Token[])[],
  scope: Scope,
): Uint8Array | AssemblyProblem {
  const bytes = new Uint8Array(operands.length * width);
  for (const [index, tokens] of operands.entries()) {
    const value = evaluate(tokens, scope);
    if ('problem' in value) return value;
    const bits = BigInt(width * 8);
    const number = value.value;
    if (number < -(1n << (bits - 1n)) || number >= 1n << bits)
      return problemAt(tokens[0] as Token, `the value does not fit in ${width} bytes`);
    for (let byte = 0; byte < width; byte += 1)
      bytes[index * width + byte] = Number((number >> BigInt(byte * 8)) & 0xffn);
  }
  return bytes;
}

function textBytes(operands: readonly (readonly Token[])[], hasZero: boolean): Uint8Array | AssemblyProblem {
  const bytes: number[] = [];
  for (const tokens of operands) {
    const [token, extra] = tokens;
    if (token?.bytes === undefined) return problemAt(token as Token, 'a text in double quotes is expected');
    if (extra !== undefined) return problemAt(extra, 'a comma is expected before it');
    bytes.push(...token.bytes, ...(hasZero ? [0] : []));
  }
  return Uint8Array.from(bytes);
}
