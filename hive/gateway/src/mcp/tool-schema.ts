// JSON Schema of a tool's arguments from the schema of a line, and the way back: arguments to a line. Keys are sorted, so that
// the same arguments always make the same line; approvals are of exactly one line.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { ControlDoc } from '../hive-port.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The arguments of a tool. */
export interface ToolInput {
  /** An object at its root, as MCP wants it. */
  readonly schema: JsonObject;
  /** The line, without LF. */
  readonly lineOf: (args: JsonObject) => Result<string>;
}

/** What a call answers: of an accepted line what the hive gave back, of a refused one why and what to do. */
export const OUTPUT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    status: {
      enum: ['accepted', 'refused', 'unknown'],
      description: 'unknown: no answer in time; look before you repeat it.',
    },
    path: { type: 'string' },
    entry: { type: 'integer', description: 'Journal entry of the line.' },
    reply: { type: 'object', description: 'What the line gave back, for example a new id.' },
    code: { type: 'string', description: 'Stable code of the refusal.' },
    tag: { enum: ['busy', 'quota', 'cut', 'policy'] },
    detail: { type: 'string' },
    advice: { type: 'string', description: 'What to do.' },
  },
  required: ['status', 'path'],
};

/** The arguments for a control file whose path has these parameters. */
export function inputOf(doc: ControlDoc, params: readonly string[]): ToolInput {
  const schema = plain(doc.schema);
  const path = pathProperties(doc.pattern, params);
  if (doc.isWord) return wordInput(doc, schema, path);
  const branches = branchesOf(schema);
  const isFlat = branches?.every((branch) => params.every((name) => !(name in propertiesOf(branch)))) === true;
  return isFlat && branches !== undefined ? flatInput(schema, branches, path) : nestedInput(schema, path);
}

/** A word is one argument; where the schema is of what words stand for, it is told in words. */
function wordInput(doc: ControlDoc, schema: JsonObject, path: JsonObject): ToolInput {
  const branches = branchesOf(schema);
  const word =
    branches === undefined
      ? schema
      : { type: 'string', minLength: 1, maxLength: doc.lineBytesMax, description: wordsOf(branches, schema) };
  return {
    schema: closed({ ...path, word }, [...Object.keys(path), 'word']),
    lineOf: ({ word: given }) =>
      typeof given === 'string' || typeof given === 'number'
        ? ok(String(given))
        : refuse('invalid-payload', 'word must be the line, as text.'),
  };
}

function wordsOf(branches: readonly JsonObject[], { description }: JsonObject): string {
  const texts = [description, ...branches.map((branch) => branch.description)];
  return texts.filter((text) => typeof text === 'string').join(' ') || 'The line.';
}

function flatInput(schema: JsonObject, branches: readonly JsonObject[], path: JsonObject): ToolInput {
  const merged = branches.map((branch) => ({
    ...branch,
    properties: { ...path, ...propertiesOf(branch) },
    required: [...Object.keys(path), ...requiredOf(branch)],
  }));
  const [only] = merged;
  const { anyOf: _, ...rest } = schema;
  return {
    schema: 'anyOf' in schema ? { ...rest, type: 'object', anyOf: merged } : { ...only },
    lineOf: (args) => ok(lineText(Object.fromEntries(Object.entries(args).filter(([name]) => !(name in path))))),
  };
}

function nestedInput(schema: JsonObject, path: JsonObject): ToolInput {
  return {
    schema: closed({ ...path, line: schema }, [...Object.keys(path), 'line']),
    lineOf: ({ line }) =>
      typeof line === 'object' && line !== null
        ? ok(lineText(line))
        : refuse('invalid-payload', 'line must be an object: the fields of the line.'),
  };
}

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false };
}

function pathProperties(pattern: string, params: readonly string[]): JsonObject {
  const property = (name: string): JsonObject => ({
    type: 'string',
    pattern: '^[^/]{1,255}$',
    description: `The name at :${name} in ${pattern}.`,
  });
  return Object.fromEntries(params.map((name) => [name, property(name)]));
}

/** The objects a line may be; undefined when it may be something else. */
function branchesOf(schema: JsonObject): readonly JsonObject[] | undefined {
  const branches = Array.isArray(schema.anyOf) ? (schema.anyOf as readonly JsonObject[]) : [schema];
  return branches.every(({ type }) => type === 'object') ? branches : undefined;
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return typeof properties === 'object' && properties !== null ? { ...properties } : {};
}

function requiredOf({ required }: JsonObject): readonly string[] {
  return Array.isArray(required) ? required : [];
}

/** Without what a schema library keeps beside the JSON. */
function plain(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function lineText(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) => (isObject(inner) ? sorted(inner) : inner));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
