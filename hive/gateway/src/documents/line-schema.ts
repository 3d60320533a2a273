// The schema of a line as it travels in a JSON body. A line of JSON is itself; a line of words is a JSON string, or a number where the
// word is one.

import type { ControlDoc } from '../hive-port.ts';
import type { Json } from './json.ts';

/** The schema of the body that writes a line of this control file, with examples that fit it. */
export function lineSchema(control: ControlDoc): Json {
  const { summary, examples, isWord } = control;
  if (!isWord) return { description: summary, ...control.schema, ...examplesOf(examples.map(parsed)) };
  return { description: summary, ...wordSchema(control) };
}

/** The schema of a word says what it means once it is read; where that is no word, any text that reads so will do. */
function wordSchema({ schema, examples }: ControlDoc): Json {
  if (wordsOf(schema) !== undefined) return schema;
  if (schema.type === 'string') return { ...schema, ...examplesOf(examples) };
  if (schema.type === 'integer') return { ...schema, ...examplesOf(examples.map(Number)) };
  const inWords: Json = { type: 'string', minLength: 1, description: meaningOf(schema) };
  const takesJson = examples.some((line) => line.startsWith('{'));
  return { anyOf: [inWords, ...(takesJson ? [schema] : [])], ...examplesOf(examples.map(parsedOrWord)) };
}

/** The words of a schema that is a list of them. */
function wordsOf({ anyOf }: Json): readonly string[] | undefined {
  if (!Array.isArray(anyOf)) return undefined;
  const words = anyOf.map((branch: Json) => branch.const).filter((word) => typeof word === 'string');
  return words.length === anyOf.length ? words : undefined;
}

function meaningOf({ anyOf }: Json): string {
  const branches: readonly Json[] = Array.isArray(anyOf) ? anyOf : [];
  return branches.map(({ description }) => String(description ?? '')).join(' ');
}

function examplesOf(examples: readonly unknown[]): Json {
  return examples.length === 0 ? {} : { examples };
}

function parsed(line: string): unknown {
  return JSON.parse(line);
}

function parsedOrWord(line: string): unknown {
  return line.startsWith('{') ? parsed(line) : line;
}
