// One schema per line: checks a value against a TypeBox schema and, when it does not fit, says at which path what
// was expected. TypeBox decides; the explanation walks the subset of JSON Schema that control lines use (object,
// array, string, integer, number, boolean, const, anyOf), so that a union answers for the branch that was meant.

import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { pathText } from './json.ts';

/** The keywords of JSON Schema that control lines use. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** False: no other names. Control lines say so everywhere but where they carry data for somebody else. */
  readonly additionalProperties?: boolean;
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly pattern?: string;
  readonly description?: string;
}

/** Checks one value: undefined when it fits, else `$.path: expected …, got …`. */
export type LineCheck = (value: unknown) => string | undefined;

/** Compiles a schema once, for many lines. */
export function compileLine(schema: TSchema): LineCheck {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return undefined;
    return explain(schema as SchemaNode, value, []) ?? fallback(validator.Errors(value));
  };
}

function fallback(errors: readonly { readonly instancePath: string; readonly message: string }[]): string {
  const first = errors[0];
  return first === undefined ? '$: does not match the schema' : `$${first.instancePath}: ${first.message}`;
}

type Path = readonly (string | number)[];

function explain(schema: SchemaNode, value: unknown, path: Path): string | undefined {
  if (schema.anyOf !== undefined) return explainUnion(schema, schema.anyOf, value, path);
  if (schema.type === 'object') return explainObject(schema, value, path);
  if (schema.type === 'array' && Array.isArray(value)) return explainArray(schema, value, path);
  return fits(schema, value) ? undefined : mismatch(schema, value, path);
}

function mismatch(schema: SchemaNode, value: unknown, path: Path): string {
  return `${pathText(path)}: expected ${describe(schema)}, got ${shown(value)}`;
}

function explainUnion(
  schema: SchemaNode,
  branches: readonly SchemaNode[],
  value: unknown,
  path: Path,
): string | undefined {
  if (!isRecord(value))
    return branches.some((branch) => fits(branch, value)) ? undefined : mismatch(schema, value, path);
  const word = explainWord(branches, value, path);
  if (word !== undefined) return word;
  const ranked = branches
    .map((branch) => ({ branch, score: affinity(branch, value) }))
    .sort((left, right) => right.score - left.score);
  const best = ranked[0];
  if (best === undefined || best.score <= 0) return mismatch(schema, value, path);
  return explain(best.branch, value, path);
}

/** A field that tells the branches apart by its word, with a word no branch has. */
function explainWord(
  branches: readonly SchemaNode[],
  value: Readonly<Record<string, unknown>>,
  path: Path,
): string | undefined {
  for (const [name, given] of Object.entries(value)) {
    const nodes = branches.flatMap(({ properties = {} }) =>
      Object.hasOwn(properties, name) ? [properties[name]] : [],
    );
    const words = nodes.flatMap((node) => (node === undefined ? [] : wordsOf(node)));
    if (words.length < nodes.length || words.length === 0 || words.some((word) => fits(word, given))) continue;
    const known = new Map(words.map((word) => [describe(word), word]));
    return mismatch({ anyOf: [...known.values()] }, given, [...path, name]);
  }
  return undefined;
}

function wordsOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.const !== undefined) return [node];
  return (node.anyOf ?? []).every(({ const: word }) => word !== undefined) ? (node.anyOf ?? []) : [];
}

/** How well a branch of a union fits what was meant: equal constants first, then names in common. */
function affinity(branch: SchemaNode, value: Readonly<Record<string, unknown>>): number {
  let score = 0;
  for (const [name, property] of Object.entries(branch.properties ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    if (property.const === undefined && property.anyOf === undefined) score += 2;
    else score += fits(property, value[name]) ? 8 : 1;
  }
  return score - 0.1 * (branch.required ?? []).filter((name) => !Object.hasOwn(value, name)).length;
}

function explainObject(schema: SchemaNode, value: unknown, path: Path): string | undefined {
  if (!isRecord(value)) return mismatch(schema, value, path);
  const properties = schema.properties ?? {};
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(properties, name) && schema.additionalProperties !== true)
      return unknownField(name, Object.keys(properties), path);
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) return missingField(name, properties[name], path);
  }
  if (Object.keys(value).length < (schema.minProperties ?? 0)) {
    return `${pathText(path)}: expected at least one of ${Object.keys(properties).join(', ')}`;
  }
  for (const [name, property] of Object.entries(properties)) {
    const problem = Object.hasOwn(value, name) ? explain(property, value[name], [...path, name]) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function unknownField(name: string, known: readonly string[], path: Path): string {
  return `${pathText(path)}: unknown field ${shown(name)}; known here: ${known.join(', ')}`;
}

function missingField(name: string, schema: SchemaNode | undefined, path: Path): string {
  return `${pathText([...path, name])}: missing; expected ${schema === undefined ? 'a value' : describe(schema)}`;
}

function explainArray(schema: SchemaNode, value: readonly unknown[], path: Path): string | undefined {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems || value.length > maxItems) {
    return `${pathText(path)}: expected ${describe(schema)}, got ${value.length} items`;
  }
  for (const [index, item] of value.entries()) {
    const problem = schema.items === undefined ? undefined : explain(schema.items, item, [...path, index]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether a scalar fits its node. */
function fits(schema: SchemaNode, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((branch) => fits(branch, value));
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(value);
  if (schema.type === 'string') return typeof value === 'string' && fitsString(schema, value);
  if (schema.type === 'boolean') return typeof value === 'boolean';
  if (schema.type === 'integer') return Number.isInteger(value) && fitsRange(schema, value as number);
  if (schema.type === 'number') return typeof value === 'number' && fitsRange(schema, value);
  if (schema.type === 'object') return explainObject(schema, value, []) === undefined;
  return false;
}

function fitsString(schema: SchemaNode, value: string): boolean {
  const length = [...value].length;
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? length)) return false;
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value);
}

function fitsRange(schema: SchemaNode, value: number): boolean {
  return value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) && value <= (schema.maximum ?? Number.POSITIVE_INFINITY);
}

/** What a schema node wants, as a phrase: `integer 1..4294967295`, `"approve" or "deny"`. Used by errors and docs. */
export function describe(schema: SchemaNode): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(describe).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((item) => JSON.stringify(item)).join(' or ');
  if (schema.type === 'object') return describeObject(schema);
  if (schema.type === 'array') return describeArray(schema);
  if (schema.type === 'string')
    return `string${lengths(schema)}${schema.pattern === undefined ? '' : ` matching ${schema.pattern}`}`;
  return `${schema.type ?? 'value'}${range(schema.minimum, schema.maximum)}`;
}

function describeObject(schema: SchemaNode): string {
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).map((name) => (required.has(name) ? name : `${name}?`));
  return names.length === 0 ? 'object' : `{${names.join(', ')}}`;
}

function describeArray(schema: SchemaNode): string {
  const items = schema.items === undefined ? 'values' : describe(schema.items);
  return `list${range(schema.maxItems === undefined ? schema.minItems : (schema.minItems ?? 0), schema.maxItems)} of ${items}`;
}

function lengths(schema: SchemaNode): string {
  const { minLength, maxLength } = schema;
  return minLength === undefined && maxLength === undefined ? '' : ` of${range(minLength ?? 0, maxLength)} characters`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return ` from ${minimum}`;
  return ` ${minimum ?? ''}..${maximum}`;
}

const SHOWN_MAX = 48;

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return `an object with ${Object.keys(value).join(', ').slice(0, SHOWN_MAX) || 'no fields'}`;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
