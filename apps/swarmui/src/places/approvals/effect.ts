// What a line would do, in the words of its control file: it has a sentence for the file, for each form of line and for each field.

import { parsed } from '../../journal/record.ts';
import type { ControlDoc } from '../files/control-doc.ts';
import { isObject, type Schema, variantOf } from '../files/schema.ts';

/** What a line would do. */
export interface Effect {
  /** Of the file. */
  readonly summary: string;
  /** Of this form of line; '' when the schema has no sentence for it. */
  readonly form: string;
  readonly fields: readonly Field[];
}

/** A field of the line, and what it means. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** The effect of a line, by the description of its file. */
export function effectOf({ summary, schema }: Pick<ControlDoc, 'summary' | 'schema'>, line: string): Effect {
  const value = parsed(line) ?? line;
  const form = formOf(schema, value);
  const fields = isObject(value) ? Object.entries(value) : [];
  return { summary, form: form.description ?? '', fields: fields.map(([name, one]) => fieldOf(form, name, one)) };
}

function fieldOf({ properties = {} }: Schema, name: string, value: unknown): Field {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { name, value: text, meaning: properties[name]?.description ?? '' };
}

/** The variant of a schema that a line is of. */
function formOf(schema: Schema, value: unknown): Schema {
  const variants = schema.anyOf ?? [];
  const chosen = variants[variantOf(variants, value)];
  return chosen === undefined ? schema : formOf(chosen, value);
}
