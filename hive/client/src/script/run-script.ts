// Runs `.coh` scripts: commands through a shell, expectations against what it answered (contracts-2.md 9.1). A script
// stops at its first failure and says where, what was expected, and what was last heard.

import {
  type Expectation,
  expandOversize,
  MSIZE_OVERFLOW,
  meets,
  ok,
  parseScript,
  type Result,
  refuse,
  type ScriptStatement,
} from '@cohesix/wire';
import type { Emit } from '../shell/outcome.ts';
import { isShellVerb } from '../shell/session-verbs.ts';
import type { ShellReply } from '../shell/shell.ts';
import { firstWord } from '../shell/words.ts';
import { realTimers, sleep, type Timers } from '../timers.ts';

/** Responses a failure report shows. */
const RECENT_MAX = 8;

/** Data lines kept of one command for BODY and NOBODY; later ones are not looked at. */
const BODY_LINES_MAX = 65_536;

/** Bytes that `{{msize_overflow}}` stands for by default: one more than a message of the default msize. */
export const OVERSIZE_BYTES_DEFAULT = 8193;

/** What executes commands: a `Shell`. */
export interface Executor {
  execute(line: string, emit: Emit): Promise<ShellReply>;
}

/** How a script is run. */
export interface ScriptOptions {
  readonly timers?: Timers;
  /** Bytes for `{{msize_overflow}}`; choose more than the session's msize. */
  readonly oversizeBytes?: number;
  /** Gets every line of the transcript: commands as `> <line>` are not in it, answers are. */
  readonly transcript?: Emit;
}

/** Where and why a script failed. */
export interface ScriptFailure {
  /** Line of the script, from 1. */
  readonly line: number;
  /** The statement as it stands there. */
  readonly text: string;
  readonly reason: string;
  readonly lastCommand: string;
  readonly lastResponse: string;
  /** Whether the last response is an acknowledgement or, when there was none, a line of output. */
  readonly source: 'ack' | 'output' | 'none';
  /** The last lines heard, oldest first, at most 8. */
  readonly recent: readonly string[];
}

/** How a script went. */
export interface ScriptReport {
  readonly ok: boolean;
  /** Statements that were executed. */
  readonly statements: number;
  /** Whether a `quit` ended it. */
  readonly isQuit: boolean;
  readonly failure?: ScriptFailure;
}

/**
 * `--check`: parses without running. Value: how many statements. A verb no shell knows is `invalid-payload`, unless the
 * script expects exactly that it is refused.
 */
export function checkScript(text: string): Result<{ readonly statements: number }> {
  const parsed = parseScript(text);
  if (!parsed.ok) return parsed;
  for (const [index, statement] of parsed.value.entries()) {
    const verb = statement.kind === 'command' ? firstWord(statement.text).word : undefined;
    if (verb === undefined || isShellVerb(verb) || expectsError(parsed.value[index + 1])) continue;
    return refuse('invalid-payload', `line ${statement.line}: there is no verb ${JSON.stringify(verb)}`);
  }
  return ok({ statements: parsed.value.length });
}

function expectsError(next: ScriptStatement | undefined): boolean {
  return next?.kind === 'expect' && next.expectation.kind === 'err';
}

/** Runs a whole script text; a text that does not parse is a refusal, a script that fails is a report. */
export async function runScriptText(
  text: string,
  executor: Executor,
  options: ScriptOptions = {},
): Promise<Result<ScriptReport>> {
  const parsed = parseScript(text);
  return parsed.ok ? ok(await runScript(parsed.value, executor, options)) : parsed;
}

/** Runs statements in order until one fails or quits. */
export async function runScript(
  statements: readonly ScriptStatement[],
  executor: Executor,
  options: ScriptOptions = {},
): Promise<ScriptReport> {
  const run = new ScriptRun(executor, options);
  for (const [index, statement] of statements.entries()) {
    const reason = await run.step(statement, statements[index + 1]);
    const count = index + 1;
    if (reason !== undefined)
      return { ok: false, statements: count, isQuit: false, failure: run.failure(statement, reason) };
    if (run.isQuit) return { ok: true, statements: count, isQuit: true };
  }
  return { ok: true, statements: statements.length, isQuit: false };
}

/** The report as lines for people. */
export function failureLines(failure: ScriptFailure): readonly string[] {
  return [
    `line ${failure.line}: ${failure.text}`,
    `reason: ${failure.reason}`,
    `last command: ${failure.lastCommand}`,
    `last response (${failure.source}): ${failure.lastResponse}`,
    ...failure.recent.map((line) => `  ${line}`),
  ];
}

class ScriptRun {
  readonly #executor: Executor;
  readonly #timers: Timers;
  readonly #oversizeBytes: number;
  readonly #transcript: Emit;
  #command = '';
  #ack: string | undefined;
  #body: string[] = [];
  #recent: string[] = [];
  isQuit = false;

  constructor(executor: Executor, options: ScriptOptions) {
    this.#executor = executor;
    this.#timers = options.timers ?? realTimers;
    this.#oversizeBytes = options.oversizeBytes ?? OVERSIZE_BYTES_DEFAULT;
    this.#transcript = options.transcript ?? (() => {});
  }

  /** One statement; what is wrong, if anything. */
  async step(statement: ScriptStatement, next: ScriptStatement | undefined): Promise<string | undefined> {
    switch (statement.kind) {
      case 'wait':
        await sleep(this.#timers, statement.ms);
        return undefined;
      case 'expect':
        return this.#expect(statement.expectation);
      case 'command':
        return this.#run(statement.text, next?.kind === 'expect');
    }
  }

  async #run(text: string, isExpected: boolean): Promise<string | undefined> {
    this.#command = text;
    this.#ack = undefined;
    this.#body = [];
    const line = text.includes(MSIZE_OVERFLOW) ? expandOversize(text, this.#oversizeBytes) : text;
    const reply = await this.#executor.execute(line, (heard) => this.#hear(heard));
    this.#ack = reply.ack;
    this.isQuit = reply.isQuit;
    return reply.ok || isExpected ? undefined : `the command was refused: ${reply.refusal?.detail ?? reply.ack}`;
  }

  #hear(line: string): void {
    this.#transcript(line);
    if (this.#body.length < BODY_LINES_MAX) this.#body.push(line);
    this.#recent.push(line);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }

  #expect(expectation: Expectation): string | undefined {
    const data = this.#body.filter((line) => line !== this.#ack);
    return meets(expectation, this.#ack ?? '', data) ? undefined : `expected ${expectationText(expectation)}`;
  }

  failure(statement: ScriptStatement, reason: string): ScriptFailure {
    const output = this.#body.at(-1);
    const source = this.#ack !== undefined ? 'ack' : output !== undefined ? 'output' : 'none';
    return {
      line: statement.line,
      text: statementText(statement),
      reason,
      lastCommand: this.#command,
      lastResponse: this.#ack ?? output ?? '',
      source,
      recent: this.#recent,
    };
  }
}

function expectationText(expectation: Expectation): string {
  const text = 'text' in expectation ? ` ${expectation.text}` : '';
  return `${expectation.kind.toUpperCase()}${text}`;
}

function statementText(statement: ScriptStatement): string {
  switch (statement.kind) {
    case 'command':
      return statement.text;
    case 'wait':
      return `WAIT ${statement.ms}`;
    case 'expect':
      return `EXPECT ${expectationText(statement.expectation)}`;
  }
}
