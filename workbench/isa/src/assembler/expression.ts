// Values in an assembler source: numbers and names, added and subtracted. `.` is the address of the statement.

import type { AssemblyProblem } from '../assembly.ts';
import { problemAt, type Token } from './token.ts';

/** What names mean while a statement is encoded. */
export interface Scope {
  /** Address of the statement's first byte. */
  readonly address: number;
  /** Address of a label of the source, else of a name outside it; undefined where there is none. */
  lookup(name: string): number | undefined;
}

/** Value of an expression, and whether it is an address: a name has a part in it. */
export interface Value {
  readonly value: bigint;
  readonly isAddress: boolean;
}

/** The value of `[+|-] term { (+|-|*) term }` from left to right; `tokens` is all of it and has at least one. */
export function evaluate(tokens: readonly Token[], scope: Scope): Value | AssemblyProblem {
  let value = 0n;
  let isAddress = false;
  let sign = '+';
  let wantsTerm = true;
  for (const token of tokens) {
    if (token.kind === 'mark' && '+-*'.includes(token.text)) {
      if (token.text === '*' && wantsTerm) return problemAt(token, 'a number or a name is expected before it');
      sign = wantsTerm && sign === '-' && token.text === '-' ? '+' : token.text;
      wantsTerm = true;
      continue;
    }
    if (!wantsTerm) return problemAt(token, 'an operator or a comma is expected before it');
    const term = termOf(token, scope);
    if ('problem' in term) return term;
    value = applied(value, sign, term.value);
    isAddress ||= term.isAddress;
    sign = '+';
    wantsTerm = false;
  }
  const last = tokens.at(-1) as Token;
  return wantsTerm ? problemAt(last, 'a number or a name is expected after it') : { value, isAddress };
}

function applied(value: bigint, sign: string, term: bigint): bigint {
  if (sign === '*') return value * term;
  return sign === '-' ? value - term : value + term;
}

function termOf(token: Token, scope: Scope): Value | AssemblyProblem {
  if (token.kind === 'number' && token.value !== undefined) return { value: token.value, isAddress: false };
  if (token.kind !== 'name') return problemAt(token, 'a number or a name is expected here');
  const address = token.text === '.' || token.text === '$' ? scope.address : scope.lookup(token.text);
  if (address === undefined) return problemAt(token, 'no label of the source and no known name is called so');
  return { value: BigInt(address), isAddress: true };
}
