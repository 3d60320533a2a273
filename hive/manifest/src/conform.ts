// Walks a parsed TOML value along a schema: fills in defaults, and reports every place where the two differ, in words
// for the person who wrote the file. TypeBox's own reporter is not used for that, because it stops after eight errors
// and knows no defaults; test/schema.test.ts holds this walker to the same verdict as TypeBox's Check.
//
// The result is built fresh from the schema's own keys, so no key of the input (`__proto__` among them) can become a
// property of it. Where the input is wrong the result holds the default, so that the checks across fields can go on.

import { assert } from '@cohesix/check';
import type { FieldNode } from './field.ts';
import { hintForUnknown } from './suggest.ts';

/** One thing that is wrong with a manifest. Holds names and limits, never a value that could be a secret. */
export interface Problem {
  /** Where: `secure9p.msize`, `policy.rules[1].target`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it, or what the field means. */
  readonly hint: string;
}

/** Most problems that are told; the rest are counted. */
export const PROBLEMS_MAX = 256;

/** A value of the schema's shape, and what had to be put right to get it. */
export interface Conformed {
  readonly value: unknown;
  /** The first `PROBLEMS_MAX`. */
  readonly problems: readonly Problem[];
  /** How many there are, told or not. */
  readonly problemCount: number;
}

interface Walk {
  readonly root: FieldNode;
  readonly problems: Problem[];
  problemCount: number;
}

/** Conforms `input` (objects, arrays, strings, booleans; integers as bigint, floats as number) to `schema`. */
export function conform(schema: FieldNode, input: unknown): Conformed {
  const walk: Walk = { root: schema, problems: [], problemCount: 0 };
  const value = conformTable(walk, { node: schema, value: input, path: '' });
  return { value, problems: walk.problems, problemCount: walk.problemCount };
}

/** A value on its way to a field. */
interface Visit {
  readonly node: FieldNode;
  readonly value: unknown;
  readonly path: string;
}

function conformAny(walk: Walk, visit: Visit): unknown {
  switch (visit.node.type) {
    case 'object':
      return conformTable(walk, visit);
    case 'array':
      return conformList(walk, visit);
    case 'integer':
      return conformInteger(walk, visit);
    case 'boolean':
      return typeof visit.value === 'boolean' ? visit.value : wrongKind(walk, visit, 'true or false');
    default:
      return conformString(walk, visit);
  }
}

function conformTable(walk: Walk, visit: Visit): Record<string, unknown> {
  const { node, path } = visit;
  const fields = node.properties;
  assert(fields !== undefined, `the table ${path} has fields`);
  const given = isTable(visit.value) ? visit.value : {};
  if (!isTable(visit.value)) wrongKind(walk, visit, 'a table');
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(fields, key)) reportUnknown(walk, { node, key, path: join(path, key) });
  }
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    const at = join(path, key);
    result[key] = Object.hasOwn(given, key)
      ? conformAny(walk, { node: field, value: given[key], path: at })
      : missing(walk, { node: field, path: at, siblings: result });
  }
  return result;
}

/** The value of a field that is not in the file. */
function missing(walk: Walk, field: { node: FieldNode; path: string; siblings: Record<string, unknown> }): unknown {
  const { node, path, siblings } = field;
  if (node.type === 'object') return conformTable(walk, { node, value: {}, path });
  const from = node['x-default-from'];
  if (from !== undefined) return siblings[from];
  if (node.default === undefined) report(walk, { path, message: 'is missing', hint: node.description });
  return fallback(node);
}

function conformList(walk: Walk, visit: Visit): unknown {
  const { node, value, path } = visit;
  if (!Array.isArray(value)) return wrongKind(walk, visit, 'a list');
  const { items, maxItems } = node;
  assert(items !== undefined && maxItems !== undefined, `the list ${path} has items and a limit`);
  if (value.length > maxItems) {
    report(walk, { path, message: `has ${value.length} entries; at most ${maxItems}`, hint: node.description });
    return fallback(node);
  }
  return value.map((item, index) => conformAny(walk, { node: items, value: item, path: `${path}[${index}]` }));
}

function conformInteger(walk: Walk, visit: Visit): unknown {
  const { node, value, path } = visit;
  if (typeof value !== 'bigint') return wrongKind(walk, visit, 'an integer');
  const { minimum, maximum } = node;
  assert(minimum !== undefined && maximum !== undefined, `the integer ${path} has a range`);
  if (value >= minimum && value <= maximum) return Number(value);
  const message = `is ${shortNumber(value)}; must be from ${minimum} to ${maximum}`;
  report(walk, { path, message, hint: node.description });
  return fallback(node);
}

function conformString(walk: Walk, visit: Visit): unknown {
  const { node, value, path } = visit;
  if (typeof value !== 'string') return wrongKind(walk, visit, 'a string');
  if (node.enum !== undefined) {
    if (node.enum.includes(value)) return value;
    report(walk, {
      path,
      message: `must be ${node.enum.map((one) => `"${one}"`).join(' or ')}`,
      hint: node.description,
    });
    return fallback(node);
  }
  assert(node.pattern !== undefined, `the string ${path} has a pattern`);
  if (new RegExp(node.pattern, 'u').test(value) && value.isWellFormed()) return value;
  report(walk, { path, message: `expected ${node['x-form'] ?? 'another form'}`, hint: node.description });
  return fallback(node);
}

function wrongKind(walk: Walk, { node, value, path }: Visit, expected: string): unknown {
  report(walk, { path, message: `expected ${expected}, got ${kindOf(value)}`, hint: node.description });
  return fallback(node);
}

function reportUnknown(walk: Walk, unknown: { node: FieldNode; key: string; path: string }): void {
  const isTold = walk.problems.length < PROBLEMS_MAX;
  const hint = isTold ? hintForUnknown({ root: walk.root, table: unknown.node, key: unknown.key }) : '';
  report(walk, { path: unknown.path, message: 'unknown field', hint });
}

function report(walk: Walk, problem: Problem): void {
  walk.problemCount += 1;
  if (walk.problems.length < PROBLEMS_MAX) walk.problems.push(problem);
}

/** What stands in for a wrong value: the default, or the least value of its kind. */
function fallback(node: FieldNode): unknown {
  if (node.default !== undefined) return structuredCopy(node.default);
  return node.type === 'integer' ? node.minimum : (node.enum?.[0] ?? '');
}

/** A copy of a default, so that no two manifests share one. Defaults are plain JSON. */
function structuredCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  const names: Readonly<Record<string, string>> = {
    string: 'a string',
    boolean: 'a boolean',
    bigint: 'an integer',
    number: 'a float',
    object: 'a table',
  };
  return names[typeof value] ?? 'nothing';
}

/** A number of the file as text, short even when somebody wrote a thousand digits. */
function shortNumber(value: bigint): string {
  const text = value.toString();
  return text.length <= 24 ? text : `${text.slice(0, 20)}…`;
}

/** Longest key that is printed whole. */
const KEY_CHARS_MAX = 64;

/** Appends a key to a path; a key that is not a bare TOML key is quoted, a long one cut. */
function join(path: string, key: string): string {
  const shown = key.length <= KEY_CHARS_MAX ? key : `${key.slice(0, KEY_CHARS_MAX)}…`;
  const name = /^[A-Za-z0-9_-]+$/.test(shown) ? shown : JSON.stringify(shown);
  return path === '' ? name : `${path}.${name}`;
}
