// `coh sh` without a terminal: lines from stdin, no prompts; and scripts. Every line of stdin is executed; the exit
// status is that of the first that was refused.

import { createInterface } from 'node:readline';
import {
  checkScript,
  failureLines,
  runScriptText,
  type ScriptFailure,
  type Shell,
  shellForm,
  typedForm,
} from '@cohesix/client';
import { EXIT } from '@cohesix/wire';
import { answer, type Context, sayJson } from '../context.ts';
import { exitOf, fail } from '../failure.ts';
import { DONE } from '../session.ts';
import { withoutTokens } from '../token.ts';
import { shownLine, type Transcript } from './transcript.ts';

/** Executes the lines of stdin, without the empty ones and comments. */
export function runPiped(context: Context, shell: Shell, transcript: Transcript): Promise<number> {
  return runLines(context, shell, { lines: commandsOf(context), transcript });
}

async function* commandsOf({ io }: Context): AsyncGenerator<string, void, void> {
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '' && !line.trimStart().startsWith('#')) yield line;
  }
}

/** Lines and who notes them. */
export interface Given {
  readonly lines: AsyncIterable<string> | Iterable<string>;
  readonly transcript: Transcript;
}

/** Executes lines until one quits. With `--json` one `{line, ok, code, output}` a line. */
export async function runLines(
  context: Context,
  shell: Pick<Shell, 'execute'>,
  { lines, transcript }: Given,
): Promise<number> {
  let exit = DONE;
  for await (const line of lines) {
    transcript.command(line);
    const output: string[] = [];
    const reply = await shell.execute(typedForm(line), (heard) => {
      transcript.answer(heard);
      if (context.json) output.push(heard);
      else context.io.stdout.write(shownLine(context, heard));
    });
    transcript.answered();
    if (context.json)
      sayJson(context, { line: withoutTokens(line), ok: reply.ok, code: reply.refusal?.code ?? null, output });
    if (!reply.ok && exit === DONE) exit = exitOf(reply.refusal?.code ?? 'internal');
    if (reply.isQuit) return exit;
  }
  return exit;
}

/** Runs a script. JSON: the report `{ok, statements, isQuit, failure?}`. */
export async function runScriptFile(
  context: Context,
  shell: Pick<Shell, 'execute'>,
  { name, text, transcript }: { readonly name: string; readonly text: string; readonly transcript: Transcript },
): Promise<number> {
  const executor: Pick<Shell, 'execute'> = {
    execute: async (line, emit) => {
      transcript.command(line);
      const reply = await shell.execute(shellForm(line), emit);
      transcript.answered();
      return reply;
    },
  };
  const report = await runScriptText(text, executor, {
    transcript: (line) => {
      transcript.answer(line);
      if (!context.json) context.io.stdout.write(shownLine(context, line));
    },
  });
  if (!report.ok) return failScript(context, name, report.refusal.detail);
  const { failure } = report.value;
  if (context.json) sayJson(context, { ...report.value, ...(failure === undefined ? {} : { failure: told(failure) }) });
  else if (failure !== undefined) {
    return fail(context, {
      what: `${name} failed`,
      code: 'failed',
      sentence: failureLines(failure).join('\n'),
      advice: [],
    });
  }
  return failure === undefined ? DONE : EXIT.generic;
}

/** A failure without the tickets of the script's own lines. */
function told(failure: ScriptFailure): ScriptFailure {
  const { text, reason, lastCommand, lastResponse, recent } = failure;
  return {
    ...failure,
    text: withoutTokens(text),
    reason: withoutTokens(reason),
    lastCommand: withoutTokens(lastCommand),
    lastResponse: withoutTokens(lastResponse),
    recent: recent.map(withoutTokens),
  };
}

/** `--check`: parses only. JSON: `{ok, statements}`. */
export function checkScriptText(context: Context, name: string, text: string): number {
  const checked = checkScript(text);
  if (!checked.ok) return failScript(context, name, checked.refusal.detail);
  const { statements } = checked.value;
  answer(context, { ok: true, statements }, [`${name} is good: ${statements} statements`]);
  return DONE;
}

function failScript(context: Context, name: string, sentence: string): number {
  return fail(context, { what: `${name} is no script`, code: 'invalid-payload', sentence, advice: [] });
}
