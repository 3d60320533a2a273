// A line as its file reads it: length, text, JSON or word, schema. Alone in this file, because the policy reads lines of other
// files too: those of the tests of a document, and those that approvals are about.

import { ok, type Result, refuse } from '@cohesix/wire';
import { LINE_BYTES_MAX } from './bounds.ts';
import { parseJson } from './json.ts';
import type { RegisteredControl } from './registry.ts';
import { textProblem, utf8Size } from './text.ts';

/** A line as the value of its file's schema, or why not, with the path inside the line. */
export function readLine({ control, check }: RegisteredControl, line: string): Result<unknown> {
  const { lineBytesMax = LINE_BYTES_MAX, parseWord } = control;
  const size = utf8Size(line);
  if (size > lineBytesMax) return refuse('too-big', `The line has ${size} bytes; this file takes ${lineBytesMax}.`);
  const unfit = textProblem(line);
  if (unfit !== undefined) return refuse('invalid-payload', `The line has ${unfit}.`);
  const value = parseWord === undefined ? parseJson(line) : { ok: true as const, value: parseWord(line) };
  if (!value.ok) return refuse('invalid-payload', value.problem);
  const problem = check(value.value);
  return problem === undefined ? ok(value.value) : refuse('invalid-payload', problem);
}

/**
 * A line for a file that may not exist in this hive (a rule may be about one of a bridge): as its file reads it, else as JSON,
 * else as the word it is.
 */
export function readLineOf(file: RegisteredControl | undefined, line: string): Result<unknown> {
  if (file !== undefined) return readLine(file, line);
  const value = parseJson(line);
  return ok(value.ok ? value.value : line.trim());
}
