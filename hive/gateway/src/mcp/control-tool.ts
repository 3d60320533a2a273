// A control file as an MCP tool: its name and definition from the one schema, and the line that arguments make. The parameters
// of the path stand beside the fields of the line; only where a field has the name of a parameter the line is nested.

import { createHash } from 'node:crypto';
import { assert } from '@cohesix/check';
import type { ControlLine } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Tool } from '@modelcontextprotocol/server';
import type { ControlDoc } from '../hive-port.ts';
import { inputOf, OUTPUT_SCHEMA } from './tool-schema.ts';

/** A tool and what it stands for. */
export interface ControlTool {
  readonly name: string;
  readonly pattern: string;
  /** What `tools/list` shows; the same content has the same `cohesix/definition` in `_meta`, so that a client can pin it. */
  readonly definition: Tool;
  /** Path and line of a call; `invalid-payload` when the arguments make none. Everything else is the hive's to judge. */
  readonly lineOf: (args: Arguments) => Result<ControlLine>;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** Names of tools by the specification; the pattern of a control file makes one (`/queen/lease/ctl`: `queen_lease_ctl`). */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Where a line acts on machines beside the hive. */
const OUTSIDE = /^\/(?:gpu|host|bus|lora)\//;

/** Longest example shown: longer ones say little, and hold the settings of one hive. */
const EXAMPLE_MAX = 256;

/** The tool of a control file. */
export function controlTool(doc: ControlDoc): ControlTool {
  const { pattern } = doc;
  const name = pattern.replaceAll(':', '').slice(1).replaceAll('/', '_');
  assert(NAME.test(name), `a tool cannot be named after ${pattern}`);
  const params = paramsOf(pattern);
  const input = inputOf(doc, params);
  const shown = {
    name,
    title: pattern,
    description: describe(doc),
    inputSchema: input.schema,
    outputSchema: OUTPUT_SCHEMA,
    // A line may take away or end something, and the same line again is another act; both are what a client must expect.
    annotations: {
      title: pattern,
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: OUTSIDE.test(pattern),
    },
  };
  const hash = createHash('sha256').update(JSON.stringify(shown)).digest('hex');
  const definition = { ...shown, _meta: { 'cohesix/path': pattern, 'cohesix/definition': `sha256:${hash}` } };
  // Its parts are JSON Schemas; the SDK's type is narrower than the schemas it takes.
  const tool = definition as unknown as Tool;
  return {
    name,
    pattern,
    definition: tool,
    lineOf: (args) => {
      const path = pathOf(pattern, args);
      const line = path.ok ? input.lineOf(args) : path;
      return path.ok && line.ok ? ok({ path: path.value, line: line.value }) : (line as Result<never>);
    },
  };
}

/** Names of the parameters of a pattern. */
export function paramsOf(pattern: string): readonly string[] {
  return pattern.split('/').flatMap((component) => (component.startsWith(':') ? [component.slice(1)] : []));
}

function describe({ pattern, summary, examples, isWord }: ControlDoc): string {
  const lines = examples.filter(({ length }) => length <= EXAMPLE_MAX).map((line) => `  ${line}`);
  const kind = isWord ? 'a line of words' : 'a JSON line';
  return [
    `${summary} Appends ${kind} to the control file ${pattern}; the hive accepts it as a whole or refuses it and changes nothing.`,
    ...(lines.length === 0 ? [] : ['Lines it takes:', ...lines]),
  ].join('\n');
}

/** A parameter is one name of a path: what is more would reach another file than the tool names. */
function pathOf(pattern: string, args: Arguments): Result<string> {
  const components: string[] = [];
  for (const component of pattern.split('/')) {
    if (!component.startsWith(':')) {
      components.push(component);
      continue;
    }
    const name = component.slice(1);
    const value = args[name];
    const isName = typeof value === 'string' && /^[^/\0]{1,255}$/u.test(value) && value !== '.' && value !== '..';
    if (!isName) return refuse('invalid-payload', `${name} must be one name of the path ${pattern}.`);
    components.push(value);
  }
  return ok(components.join('/'));
}
