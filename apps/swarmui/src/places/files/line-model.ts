// A line of a control file while it is written: its text is what counts, and the form shows the value in it.

import { parseStrictJson } from '@cohesix/wire';
import type { ControlDoc } from './control-doc.ts';
import { emptyOf, type Problem, problemsOf, type Schema } from './schema.ts';

/** What a line says. */
export type LineValue =
  | { readonly kind: 'value'; readonly value: unknown; readonly problems: readonly Problem[] }
  /** It is no JSON, and why. */
  | { readonly kind: 'broken'; readonly why: string };

/** As deep as the hive reads a line (hive/authority, kernel/json.ts). */
const DEPTH_MAX = 8;

const RULES = {
  depthMax: DEPTH_MAX,
  allowsLineEnds: false,
  textProblem: (text: string) => (text.isWellFormed() ? undefined : 'ill-formed Unicode'),
};

/** Reads a line as the file does. */
export function readLine({ schema, isWord, lineBytesMax }: ControlDoc, text: string): LineValue {
  const size = new TextEncoder().encode(text).length;
  const tooLong: readonly Problem[] =
    size > lineBytesMax ? [{ path: '', message: `${size} bytes; the file takes ${lineBytesMax}` }] : [];
  if (text.includes('\n')) return { kind: 'broken', why: 'A line has no line end in it.' };
  if (isWord) return { kind: 'value', value: text, problems: [...tooLong, ...wordProblems(schema, text)] };
  const read = parseStrictJson(text, RULES);
  if (!read.ok) return { kind: 'broken', why: `Not JSON yet: ${read.problem}.` };
  return { kind: 'value', value: read.value, problems: [...tooLong, ...problemsOf(schema, read.value)] };
}

/** Words are taken in capitals, too (`RESET`); what stands for an object is not checked here. */
function wordProblems(schema: Schema, text: string): readonly Problem[] {
  const word = wordSchema(schema);
  if (text === '') return [{ path: '', message: 'missing' }];
  if (word === undefined || problemsOf(word, text.toLowerCase()).length === 0) return [];
  return problemsOf(word, text);
}

/** The schema of a line of one word, when it is one of a text; words that mean an object are written as they are. */
export function wordSchema(schema: Schema): Schema | undefined {
  const variants = schema.anyOf ?? [schema];
  return variants.every(({ type }) => type === 'string') ? schema : undefined;
}

/** The text of a value. */
export function lineText({ isWord }: Pick<ControlDoc, 'isWord'>, value: unknown): string {
  return isWord && typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a form begins with. */
export function firstLine(doc: ControlDoc): string {
  return doc.isWord ? '' : lineText(doc, emptyOf(doc.schema));
}
