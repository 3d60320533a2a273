// The part of JSON Schema (2020-12) that control files use, and what does not fit in a value. The hive checks a line again and has the
// last word; this says early what it would refuse, at the field.

import { isObject, type JsonObject } from '../../files/json.ts';

/** A schema, as `/proc/controls` gives it. Members that are not here are not used by any control file. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** What is wrong, and where: `budget.ttl_s`; '' is the value itself. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The constants of a schema that is one of some constants; undefined of any other. */
export function choicesOf({ anyOf, ...schema }: Schema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const];
  return anyOf?.every((one) => 'const' in one) === true ? anyOf.map((one) => one.const) : undefined;
}

/** What does not fit, in the order of the fields; empty when all does. */
export function problemsOf(schema: Schema, value: unknown, path = ''): readonly Problem[] {
  const wrong = (message: string): readonly Problem[] => [{ path, message }];
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.includes(value) ? [] : wrong(`one of ${choices.join(', ')}`);
  if (schema.anyOf !== undefined) return problemsOf(schema.anyOf[variantOf(schema.anyOf, value)] ?? {}, value, path);
  switch (schema.type) {
    case 'object':
      return isObject(value) ? objectProblems(schema, value, path) : wrong('an object');
    case 'array':
      return Array.isArray(value) ? arrayProblems(schema, value, path) : wrong('a list');
    case 'string':
      return typeof value === 'string' ? stringProblems(schema, value, path) : wrong('a text');
    case 'integer':
    case 'number':
      return numberProblems(schema, value, path);
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('yes or no');
    default:
      return [];
  }
}

function at(path: string, name: string | number): string {
  return path === '' ? `${name}` : `${path}.${name}`;
}

function objectProblems(schema: Schema, value: JsonObject, path: string): readonly Problem[] {
  const { properties = {}, required = [], additionalProperties, patternProperties, minProperties = 0 } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  const found = Object.entries(value).flatMap(([name, one]): readonly Problem[] => {
    const known = Object.hasOwn(properties, name)
      ? properties[name]
      : otherOf({ additionalProperties, patternProperties }, name);
    if (known !== undefined) return problemsOf(known, one, at(path, name));
    return additionalProperties === false ? [{ path: at(path, name), message: 'no such field' }] : [];
  });
  const few =
    Object.keys(value).length < minProperties ? [{ path, message: `at least ${minProperties} of its fields` }] : [];
  return [...missing.map((name) => ({ path: at(path, name), message: 'missing' })), ...found, ...few];
}

function otherOf(
  {
    additionalProperties,
    patternProperties = {},
  }: {
    additionalProperties: Schema['additionalProperties'] | undefined;
    patternProperties: Schema['patternProperties'] | undefined;
  },
  name: string,
): Schema | undefined {
  const fitting = Object.entries(patternProperties).find(([pattern]) => isWrittenAs(pattern, name));
  return fitting?.[1] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
}

function arrayProblems(
  { items, minItems = 0, maxItems = Infinity }: Schema,
  value: readonly unknown[],
  path: string,
): readonly Problem[] {
  if (value.length < minItems) return [{ path, message: `at least ${minItems}` }];
  if (value.length > maxItems) return [{ path, message: `at most ${maxItems}` }];
  return items === undefined ? [] : value.flatMap((one, index) => problemsOf(items, one, at(path, index)));
}

function stringProblems(
  { pattern, minLength = 0, maxLength = Infinity }: Schema,
  value: string,
  path: string,
): readonly Problem[] {
  const length = [...value].length;
  if (length < minLength) return [{ path, message: value === '' ? 'missing' : `at least ${minLength} characters` }];
  if (length > maxLength) return [{ path, message: `at most ${maxLength} characters` }];
  if (pattern !== undefined && !isWrittenAs(pattern, value))
    return [{ path, message: value === '' ? 'missing' : `written as ${pattern}` }];
  return [];
}

/** Whether a text fits a pattern. One that this browser cannot read (a recording may say anything) is left to the hive. */
function isWrittenAs(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

function numberProblems(
  { type, minimum = -Infinity, maximum = Infinity }: Schema,
  value: unknown,
  path: string,
): readonly Problem[] {
  if (value === '') return [{ path, message: 'missing' }];
  const isNumber = typeof value === 'number' && (type === 'number' || Number.isSafeInteger(value));
  if (!isNumber) return [{ path, message: type === 'integer' ? 'a whole number' : 'a number' }];
  if (value < minimum) return [{ path, message: `at least ${minimum}` }];
  return value > maximum ? [{ path, message: `at most ${maximum}` }] : [];
}

/** Which of some schemas a value is meant for: by its constants, then by the fields they have in common. */
export function variantOf(variants: readonly Schema[], value: unknown): number {
  const scores = variants.map((variant) => scoreOf(variant, value));
  return scores.indexOf(Math.max(...scores));
}

function scoreOf(variant: Schema, value: unknown): number {
  if (!isObject(value)) return problemsOf(variant, value).length === 0 ? 1 : 0;
  const { properties, required = [] } = variant;
  if (properties === undefined) return -100;
  let score = 0;
  for (const [name, one] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const choices = known === undefined ? undefined : choicesOf(known);
    if (known === undefined) score -= 10;
    else if (choices !== undefined && !isUnchosen(choices, one)) score += choices.includes(one) ? 100 : -100;
    else score += 1;
  }
  return score - required.filter((name) => !Object.hasOwn(value, name)).length;
}

/** Whether a value is what a choice of several begins with (`emptyOf`). */
function isUnchosen(choices: readonly unknown[], value: unknown): boolean {
  return choices.length > 1 && value === '';
}

/** The value a form begins with: what is needed, empty, so that nothing is sent that nobody chose. */
export function emptyOf(schema: Schema): unknown {
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.length === 1 ? choices[0] : '';
  if (schema.anyOf !== undefined) return emptyOf(schema.anyOf[0] ?? {});
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, emptyOf(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => emptyOf(schema.items ?? {}));
    case 'boolean':
      return false;
    default:
      return '';
  }
}

/** What a variant is called in a list: its constants, else its needed fields. */
export function titleOf({ properties = {}, required = [], description = '' }: Schema): string {
  const fixed = Object.entries(properties).flatMap(([name, one]) => {
    const choices = required.includes(name) ? choicesOf(one) : undefined;
    return choices === undefined ? [] : [`${name} ${choices.join(' or ')}`];
  });
  const words = fixed.length > 0 ? fixed : [required.join(', ') || 'any'];
  const about = description.split(/(?<=[.;:])\s/)[0] ?? '';
  return about === '' ? words.join(', ') : `${words.join(', ')}: ${about.replace(/[.;:]$/, '')}`;
}

/** What a person must know to fill in a field. */
export function hintOf({ type, minimum, maximum, pattern, maxLength, default: fallback }: Schema): string {
  const parts: string[] = [];
  if (type === 'integer' && minimum !== undefined && maximum !== undefined)
    parts.push(maximum >= Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`);
  if (pattern !== undefined) parts.push(`as ${pattern}`);
  else if (type === 'string' && maxLength !== undefined) parts.push(`at most ${maxLength} characters`);
  if (fallback !== undefined) parts.push(`default ${JSON.stringify(fallback)}`);
  return parts.join(', ');
}
