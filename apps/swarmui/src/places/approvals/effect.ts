// What a line would do, in the words of its control file: it has a sentence for the file, for each form of line and for each field.

import { isObject, type JsonObject, parsed } from '../../files/json.ts';
import type { ControlDoc } from '../files/control-doc.ts';
import { choicesOf, problemsOf, type Schema, variantOf } from '../files/schema.ts';

/** What a line would do. */
export interface Effect {
  /** Of the file. */
  readonly summary: string;
  /** Of this form of line; '' when the schema has no sentence for it, or the line has no form of the file. */
  readonly form: string;
  readonly fields: readonly Field[];
  /** Why the hive would refuse the line, as far as its schema tells; '' when it would not. */
  readonly problem: string;
}

/** A field of the line, and what it means. */
export interface Field {
  /** `budget.ttl_s` for one in another. */
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** Fields of fields are told so deep. */
const DEPTH_MAX = 3;

/** The effect of a line, by the description of its file. */
export function effectOf(
  { summary, schema, isWord }: Pick<ControlDoc, 'summary' | 'schema' | 'isWord'>,
  line: string,
): Effect {
  const value = parsed(line);
  if (!isObject(value)) return { ...ofWord(schema, isWord ? line : value), summary };
  const form = formOf(schema, value);
  const [problem] = problemsOf(schema, value);
  return {
    summary,
    form: form.description ?? '',
    fields: fieldsOf(form, value),
    problem: problem === undefined ? '' : `${problem.path === '' ? 'the line' : problem.path}: ${problem.message}`,
  };
}

/** Words go with the constant they are, whatever their case, or with the form whose field they begin with: `RELEASE worker-3 done`. */
function ofWord(schema: Schema, value: unknown): Omit<Effect, 'summary'> {
  const text = typeof value === 'string' ? value.trim() : '';
  const first = text.split(/\s/, 1)[0]?.toLowerCase() ?? '';
  const form = schema.anyOf?.find((one) =>
    'const' in one ? one.const === text.toLowerCase() : one.required?.[0] === first,
  );
  const isUnknown = schema.anyOf !== undefined && form === undefined && choicesOf(schema) !== undefined;
  return { form: form?.description ?? '', fields: [], problem: isUnknown ? `no such word: ${text}` : '' };
}

/** Fields of an object, those of objects in it under their path. */
function fieldsOf({ properties = {} }: Schema, value: JsonObject, above = ''): readonly Field[] {
  return Object.entries(value).flatMap(([name, one]): readonly Field[] => {
    const path = `${above}${name}`;
    const schema = Object.hasOwn(properties, name) ? (properties[name] ?? {}) : {};
    const text = typeof one === 'string' ? one : JSON.stringify(one);
    if (!isObject(one) || path.split('.').length >= DEPTH_MAX)
      return [{ name: path, value: text, meaning: meaningOf(schema, one) }];
    const form = formOf(schema, one);
    const head = { name: path, value: '', meaning: schema.description ?? form.description ?? '' };
    return [head, ...fieldsOf(form, one, `${path}.`)];
  });
}

/** Of a choice between constants the chosen one may have a meaning of its own. */
function meaningOf(schema: Schema, value: unknown): string {
  const chosen = schema.anyOf?.find((one) => 'const' in one && one.const === value);
  return chosen?.description ?? schema.description ?? '';
}

/** The variant of a schema that an object is of. */
function formOf(schema: Schema, value: JsonObject): Schema {
  const variants = schema.anyOf ?? [];
  const chosen = variants[variantOf(variants, value)];
  return chosen === undefined ? schema : formOf(chosen, value);
}
