// `ldr x0, =VALUE`: the value lies behind the code and is loaded from there; equal values lie there once.

import type { Statement } from '../assembler/statement.ts';
import type { Token } from '../assembler/token.ts';

interface Literal {
  readonly label: Token;
  readonly width: 4 | 8;
  readonly value: readonly Token[];
  readonly end: Token;
}

/** The statements with each `=VALUE` replaced by a label, and the pool behind the last. */
export function withLiteralPool(statements: readonly Statement[]): readonly Statement[] {
  const pool = new Map<string, Literal>();
  const replaced = statements.map((statement) => withLabel(statement, pool));
  if (pool.size === 0) return statements;
  // Wide values first: the narrow ones then need no gap.
  const literals = [...pool.values()].sort((a, b) => b.width - a.width);
  return [...replaced, ...literals.flatMap((literal, index) => poolStatements(literal, index === 0))];
}

function withLabel(statement: Statement, pool: Map<string, Literal>): Statement {
  const { head, rest, end } = statement;
  const [register, comma, equals, ...value] = rest;
  if (head?.text.toLowerCase() !== 'ldr' || comma?.text !== ',' || equals?.text !== '=' || value.length === 0)
    return statement;
  const width = /^[ws]/i.test(register?.text ?? '') ? 4 : 8;
  const key = `${width} ${value.map(({ text }) => text).join(' ')}`;
  const known = pool.get(key)?.label;
  // No label of a source can be called so: a name never begins with `=`.
  const label = known ?? { kind: 'name', text: `=${pool.size}`, line: equals.line, column: equals.column };
  if (known === undefined) pool.set(key, { label, width, value, end });
  return { ...statement, rest: [register as Token, comma, label] };
}

function poolStatements({ label, width, value, end }: Literal, isFirst: boolean): Statement[] {
  const directive = (text: string): Token => ({ kind: 'name', text, line: label.line, column: label.column });
  const amount: Token = {
    kind: 'number',
    text: String(width),
    value: BigInt(width),
    line: label.line,
    column: label.column,
  };
  const alignment = isFirst ? [{ labels: [], head: directive('.balign'), rest: [amount], end }] : [];
  return [...alignment, { labels: [label], head: directive(width === 8 ? '.quad' : '.4byte'), rest: value, end }];
}
