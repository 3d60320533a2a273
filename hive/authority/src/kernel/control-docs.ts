// What the hive documents of its control files: from it come the OpenAPI operations, the tools of MCP, the models of other
// languages, and `/proc/controls`, from which a page makes its forms.

import { LINE_BYTES_MAX } from './bounds.ts';
import type { RegisteredControl } from './registry.ts';

/** A control file that a ticket can write. */
export interface ControlDoc {
  /** Path; `:name` components are parameters. */
  readonly pattern: string;
  readonly summary: string;
  /** JSON Schema (2020-12) of one line: of its JSON object, or of the word when `isWord`. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** A line is one bare word instead of JSON. */
  readonly isWord: boolean;
  /** Roles that may write, whatever their ticket says; the hive itself is not among them. */
  readonly writers: readonly string[];
  readonly lineBytesMax: number;
  /** Lines that are accepted at some state of a hive. */
  readonly examples: readonly string[];
}

/** Those that somebody else than the hive itself writes, in the order of their patterns. */
export function controlDocs(controls: readonly RegisteredControl[]): readonly ControlDoc[] {
  return controls
    .map(docOf)
    .filter(({ writers }) => writers.length > 0)
    .sort((one, other) => (one.pattern < other.pattern ? -1 : 1));
}

function docOf({ control }: RegisteredControl): ControlDoc {
  const { pattern, summary, schema, writers, examples, lineBytesMax = LINE_BYTES_MAX, parseWord } = control;
  return {
    pattern,
    summary,
    schema: schema as Readonly<Record<string, unknown>>,
    isWord: parseWord !== undefined,
    writers: writers.filter((role) => role !== 'system'),
    lineBytesMax,
    examples,
  };
}

/** The same as JSON lines in the words of files: `{"pattern","summary","writers","line_bytes_max","is_word","schema","examples"}`. */
export function controlDocsText(docs: readonly ControlDoc[]): string {
  return docs.map((doc) => `${JSON.stringify(lineOf(doc))}\n`).join('');
}

function lineOf({ pattern, summary, writers, lineBytesMax, isWord, schema, examples }: ControlDoc): object {
  return { pattern, summary, writers, line_bytes_max: lineBytesMax, is_word: isWord, schema, examples };
}
