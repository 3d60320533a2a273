// What one control file takes, as a line of `/proc/controls` says it.

import { jsonLines } from '@cohesix/client/core';
import { isObject } from '../../files/json.ts';
import type { Schema } from './schema.ts';

/** One control file. */
export interface ControlDoc {
  /** Components `:name` stand for any name. */
  readonly pattern: string;
  readonly summary: string;
  readonly writers: readonly string[];
  readonly lineBytesMax: number;
  /** A line is a word, not JSON. */
  readonly isWord: boolean;
  readonly schema: Schema;
  readonly examples: readonly string[];
}

/** The lines of the file; what is not one is left out. */
export function docsOf(text: string): readonly ControlDoc[] {
  return jsonLines(text).flatMap((line) => {
    if (!isObject(line)) return [];
    const { pattern, summary, writers, line_bytes_max, is_word, schema, examples } = line;
    if (typeof pattern !== 'string' || !isObject(schema) || typeof line_bytes_max !== 'number') return [];
    return [
      {
        pattern,
        schema,
        lineBytesMax: line_bytes_max,
        summary: typeof summary === 'string' ? summary : '',
        writers: textsIn(writers),
        isWord: is_word === true,
        examples: textsIn(examples),
      },
    ];
  });
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** What is known of the file at a path; patterns without parameters come first. */
export function docFor(docs: readonly ControlDoc[], path: string): ControlDoc | undefined {
  const parts = path.split('/');
  const fits = ({ pattern }: ControlDoc): boolean => {
    const wanted = pattern.split('/');
    return (
      wanted.length === parts.length && wanted.every((part, index) => part.startsWith(':') || part === parts[index])
    );
  };
  return docs.find(({ pattern }) => pattern === path) ?? docs.find(fits);
}
