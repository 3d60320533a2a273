// Statements of an assembler source: a line is any number of labels, then at most one directive or instruction.

import type { AssemblyProblem } from '../assembly.ts';
import { problemAt, type Token, tokensOf } from './token.ts';

/** One line that means something. */
export interface Statement {
  /** Labels before it; their address is that of the statement. */
  readonly labels: readonly Token[];
  /** The directive or mnemonic; undefined when the line has labels only. */
  readonly head?: Token;
  /** What follows the head, without the end. */
  readonly rest: readonly Token[];
  /** Where the line ends: for problems about something missing. */
  readonly end: Token;
}

/** Characters of a source; a patch is small, what is bigger is a mistake. */
const SOURCE_SIZE_MAX = 1_048_576;
const PROBLEMS_MAX = 20;

/** The statements of a source, or its problems (at most 20). Several statements go on a line with `;` where that is no comment. */
export function statementsOf(
  source: string,
  comments: readonly string[],
): { readonly statements: readonly Statement[]; readonly problems: readonly AssemblyProblem[] } {
  const statements: Statement[] = [];
  const problems: AssemblyProblem[] = [];
  if (source.length > SOURCE_SIZE_MAX)
    return {
      statements,
      problems: [{ line: 1, column: 1, token: '', problem: `a source has at most ${SOURCE_SIZE_MAX} characters` }],
    };
  for (const [index, text] of source.split('\n').entries()) {
    const tokens = tokensOf(text, index + 1, comments);
    if ('problem' in tokens) problems.push(tokens);
    else if (tokens.length > 1) statements.push(statementOf(tokens));
    if (problems.length >= PROBLEMS_MAX) break;
  }
  return { statements, problems };
}

function statementOf(tokens: readonly Token[]): Statement {
  const labels: Token[] = [];
  let at = 0;
  while (tokens[at]?.kind === 'name' && tokens[at + 1]?.text === ':') {
    labels.push(tokens[at] as Token);
    at += 2;
  }
  const end = tokens[tokens.length - 1] as Token;
  const head = tokens[at] as Token;
  if (head.kind === 'end') return { labels, rest: [], end };
  return { labels, head, rest: tokens.slice(at + 1, -1), end };
}

/** `rest` cut at the commas outside brackets. An empty piece is a problem. */
export function operandsOf(statement: Statement): readonly (readonly Token[])[] | AssemblyProblem {
  if (statement.rest.length === 0) return [];
  const pieces: Token[][] = [[]];
  let depth = 0;
  for (const token of statement.rest) {
    if ('[{('.includes(token.text) && token.kind === 'mark') depth += 1;
    if (']})'.includes(token.text) && token.kind === 'mark') depth -= 1;
    if (token.kind === 'mark' && token.text === ',' && depth === 0) {
      if (pieces.at(-1)?.length === 0) return problemAt(token, 'an operand is missing before the comma');
      pieces.push([]);
    } else pieces.at(-1)?.push(token);
  }
  if (pieces.at(-1)?.length === 0) return problemAt(statement.end, 'an operand is missing after the comma');
  return pieces;
}
