// From statements to bytes: labels get addresses, each statement is encoded where it lies, until no size changes any more.
// What an instruction means is the dialect's; this file knows labels, directives and order only.

import type { Assembled, AssembleOptions, AssemblyProblem } from '../assembly.ts';
import { DIRECTIVES, type Directive, directiveBytes } from './directive.ts';
import type { Scope } from './expression.ts';
import { type Statement, statementsOf } from './statement.ts';
import { problemAt } from './token.ts';

/** Where a statement is encoded. */
export interface Place extends Scope {
  /** Bytes it had in the round before, 0 in the first: a jump that grew stays long, so that rounds end. */
  readonly sizeBefore: number;
  /** First round: addresses of labels further down are guesses, so distances must not be refused yet. */
  readonly isDraft: boolean;
}

/** One assembler language. */
export interface Dialect {
  /** What begins a comment: `//`, `;`, `#`. */
  readonly comments: readonly string[];
  /** Directives beside the common ones, by name in lower case. */
  readonly directives: Readonly<Record<string, Directive>>;
  /** What fills an alignment: nops. */
  padding(size: number): Uint8Array;
  /** Rewrites the statements before they are laid out: literal pools. */
  prepare?(statements: readonly Statement[]): readonly Statement[];
  /** Bytes of an instruction at its place, or what is wrong with it. */
  encode(statement: Statement, place: Place): Uint8Array | AssemblyProblem;
}

/** Rounds until sizes must stand still; each round but the last makes at least one statement longer. */
const ROUNDS_MAX = 32;
const PROBLEMS_MAX = 20;
/** Bytes of all code: far more than a hook. */
const OUTPUT_SIZE_MAX = 1 << 22;

/** Assembles `source` in a dialect. Nothing throws: what is wrong is in the problems, at most 20 of them. */
export function assembleWith(dialect: Dialect, source: string, options: AssembleOptions): Assembled {
  const { statements, problems } = statementsOf(source, dialect.comments);
  if (problems.length > 0) return { ok: false, problems };
  const prepared = dialect.prepare?.(statements) ?? statements;
  const twice = doubleLabels(prepared);
  return twice.length > 0 ? { ok: false, problems: twice } : settled(dialect, prepared, options);
}

function doubleLabels(statements: readonly Statement[]): readonly AssemblyProblem[] {
  const seen = new Set<string>();
  const problems: AssemblyProblem[] = [];
  for (const label of statements.flatMap(({ labels }) => labels)) {
    if (seen.has(label.text)) problems.push(problemAt(label, 'this label is in the source twice'));
    seen.add(label.text);
  }
  return problems.slice(0, PROBLEMS_MAX);
}

/** One round's result: bytes of each statement, where labels came to lie. */
interface Round {
  readonly pieces: readonly Uint8Array[];
  readonly labels: ReadonlyMap<string, number>;
  readonly problems: readonly AssemblyProblem[];
}

function settled(dialect: Dialect, statements: readonly Statement[], options: AssembleOptions): Assembled {
  const draft = new Map(statements.flatMap(({ labels }) => labels).map(({ text }) => [text, options.address]));
  let round: Round = { pieces: [], labels: draft, problems: [] };
  for (let count = 0; count < ROUNDS_MAX; count += 1) {
    const next = encoded(dialect, statements, options, round, count === 0);
    if (next.problems.length > 0) return { ok: false, problems: next.problems };
    const isSettled = [...next.labels].every(([name, address]) => round.labels.get(name) === address);
    if (count > 0 && isSettled) return joined(statements, next);
    round = next;
  }
  return {
    ok: false,
    problems: [{ line: 1, column: 1, token: '', problem: 'sizes and distances do not come to rest' }],
  };
}

function encoded(
  dialect: Dialect,
  statements: readonly Statement[],
  options: AssembleOptions,
  before: Round,
  isDraft: boolean,
): Round {
  const pieces: Uint8Array[] = [];
  const labels = new Map<string, number>();
  const problems: AssemblyProblem[] = [];
  let address = options.address;
  const lookup = (name: string) => before.labels.get(name) ?? options.addressOf?.(name);
  for (const [index, statement] of statements.entries()) {
    for (const label of statement.labels) labels.set(label.text, address);
    const place = { address, lookup, isDraft, sizeBefore: before.pieces[index]?.length ?? 0 };
    const bytes = bytesOf(dialect, statement, place);
    if (bytes instanceof Uint8Array) address += bytes.length;
    else problems.push(bytes);
    pieces.push(bytes instanceof Uint8Array ? bytes : new Uint8Array());
    if (address - options.address > OUTPUT_SIZE_MAX)
      problems.push(problemAt(statement.head ?? statement.end, `the code is longer than ${OUTPUT_SIZE_MAX} bytes`));
    if (problems.length >= PROBLEMS_MAX || address - options.address > OUTPUT_SIZE_MAX) break;
  }
  return { pieces, labels, problems };
}

function bytesOf(dialect: Dialect, statement: Statement, place: Place): Uint8Array | AssemblyProblem {
  if (statement.head === undefined) return new Uint8Array();
  if (statement.head.kind !== 'name')
    return problemAt(statement.head, 'an instruction, a directive or a label is expected');
  const name = statement.head.text.toLowerCase();
  const directive = dialect.directives[name] ?? DIRECTIVES[name];
  if (directive !== undefined) return directiveBytes(directive, statement, place, (size) => dialect.padding(size));
  return dialect.encode(statement, place);
}

function joined(statements: readonly Statement[], round: Round): Assembled {
  const bytes = new Uint8Array(round.pieces.reduce((sum, piece) => sum + piece.length, 0));
  const lines: { line: number; offset: number }[] = [];
  let offset = 0;
  for (const [index, piece] of round.pieces.entries()) {
    bytes.set(piece, offset);
    if (piece.length > 0) lines.push({ line: statements[index]?.end.line ?? 0, offset });
    offset += piece.length;
  }
  return { ok: true, bytes, labels: round.labels, lines };
}
