// `.coh` scripts: shell commands, and what their answers must be. One statement a line.
//
//   ls /proc                # a comment starts at `#` at the line's start or after a blank, outside quotes
//   EXPECT OK
//   EXPECT BODY boot        # some data line contains `boot`; NOBODY: none does
//   WAIT 250
//
// EXPECT OK, ERR, SUBSTR and NOT look at the last acknowledgement, BODY and NOBODY at the data lines of the last
// command. Source: cohesix contracts, section 9.1; BODY and NOBODY are ours, and so is that a payload may hold `#`.

import { ok, type Result, refuse } from './refusal.ts';

/** Most statements of a script. */
export const SCRIPT_STATEMENTS_MAX = 256;
/** Longest WAIT, in milliseconds. */
export const SCRIPT_WAIT_MS_MAX = 2000;
/** In a command, stands for a payload too long for the session: see `expandOversize`. */
export const MSIZE_OVERFLOW = '{{msize_overflow}}';

/** What an EXPECT looks for. Text is literal and case-sensitive. */
export type Expectation =
  | { readonly kind: 'ok' | 'err' }
  | { readonly kind: 'substr' | 'not' | 'body' | 'nobody'; readonly text: string };

/** One statement and where it stands. */
export type ScriptStatement =
  | { readonly kind: 'command'; readonly line: number; readonly text: string }
  | { readonly kind: 'expect'; readonly line: number; readonly expectation: Expectation }
  | { readonly kind: 'wait'; readonly line: number; readonly ms: number };

/** Parses a script. A refusal is `invalid-payload`; its detail begins with `line <n>: `, n from 1. */
export function parseScript(text: string): Result<readonly ScriptStatement[]> {
  const statements: ScriptStatement[] = [];
  let commandSeen = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const source = stripComment(raw).trim();
    if (source === '') continue;
    if (statements.length === SCRIPT_STATEMENTS_MAX) {
      return at(index, `a script has at most ${SCRIPT_STATEMENTS_MAX} statements`);
    }
    const statement = parseStatement(source, index + 1);
    if (typeof statement === 'string') return at(index, statement);
    if (statement.kind === 'expect' && !commandSeen) return at(index, 'EXPECT needs a command before it');
    commandSeen ||= statement.kind === 'command';
    statements.push(statement);
  }
  return ok(statements);
}

/** Whether the answers to a command meet an expectation. `ack` is its last acknowledgement, `body` its data lines. */
export function meets(expectation: Expectation, ack: string, body: readonly string[]): boolean {
  switch (expectation.kind) {
    case 'ok':
      return /^OK(?: |$)/.test(ack);
    case 'err':
      return /^ERR(?: |$)/.test(ack);
    case 'substr':
      return ack.includes(expectation.text);
    case 'not':
      return !ack.includes(expectation.text);
    case 'body':
      return body.some((line) => line.includes(expectation.text));
    case 'nobody':
      return !body.some((line) => line.includes(expectation.text));
  }
}

/** `command` with the sentinel replaced by `bytes` times `x`: choose one more than the session allows. */
export function expandOversize(command: string, bytes: number): string {
  return command.replaceAll(MSIZE_OVERFLOW, 'x'.repeat(bytes));
}

/** The statement, or what is wrong with it. */
function parseStatement(source: string, line: number): ScriptStatement | string {
  const [, first = '', rest = ''] = /^(\S+)\s*(.*)$/su.exec(source) ?? [];
  if (first === 'WAIT') return parseWait(rest, line);
  if (first !== 'EXPECT') return { kind: 'command', line, text: source };
  const expectation = parseExpectation(rest);
  return typeof expectation === 'string' ? expectation : { kind: 'expect', line, expectation };
}

function parseWait(rest: string, line: number): ScriptStatement | string {
  const ms = /^[0-9]{1,6}$/.test(rest) ? Number(rest) : Number.NaN;
  if (ms <= SCRIPT_WAIT_MS_MAX) return { kind: 'wait', line, ms };
  return `WAIT takes one number of milliseconds, at most ${SCRIPT_WAIT_MS_MAX}; got ${JSON.stringify(rest)}`;
}

function parseExpectation(rest: string): Expectation | string {
  const [, selector = '', text = ''] = /^(\S*)\s*(.*)$/su.exec(rest) ?? [];
  switch (selector) {
    case 'OK':
    case 'ERR':
      return text === '' ? { kind: selector === 'OK' ? 'ok' : 'err' } : `EXPECT ${selector} takes no text`;
    case 'SUBSTR':
      return withText('substr', text, selector);
    case 'NOT':
      return withText('not', text, selector);
    case 'BODY':
      return withText('body', text, selector);
    case 'NOBODY':
      return withText('nobody', text, selector);
    default:
      return `EXPECT takes OK, ERR, SUBSTR, NOT, BODY or NOBODY; got ${JSON.stringify(selector)}`;
  }
}

type TextKind = 'substr' | 'not' | 'body' | 'nobody';

function withText(kind: TextKind, text: string, selector: string): Expectation | string {
  return text === '' ? `EXPECT ${selector} needs a text` : { kind, text };
}

/** `line` up to a `#` that starts a comment. A quote without a partner later on the line is an ordinary character. */
function stripComment(line: string): string {
  let index = 0;
  while (index < line.length) {
    const character = line.charAt(index);
    if (character === '#' && (index === 0 || /\s/.test(line.charAt(index - 1)))) return line.slice(0, index);
    index = character === '"' || character === "'" ? afterQuoted(line, index) : index + 1;
  }
  return line;
}

/** Index after the quoted text that starts at `start`, or after the quote itself when it has no partner. */
function afterQuoted(line: string, start: number): number {
  const quote = line.charAt(start);
  for (let index = start + 1; index < line.length; index += 1) {
    if (line.charAt(index) === '\\' && quote === '"') index += 1;
    else if (line.charAt(index) === quote) return index + 1;
  }
  return start + 1;
}

function at(index: number, problem: string): Result<never> {
  return refuse('invalid-payload', `line ${index + 1}: ${problem}`);
}
