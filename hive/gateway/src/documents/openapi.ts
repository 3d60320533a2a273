// The OpenAPI 3.1 document of a gateway, made from what serves: its routes, each with its operation, and the control files of
// the hive behind it. Nothing is written twice; a route or a field that is new is in the document at once.
//
// Source: OpenAPI Specification 3.1.1; its schemas are JSON Schema 2020-12, which is what control files have.

import { REFUSALS } from '@cohesix/wire';
import type { ControlDoc, FileDoc } from '../hive-port.ts';
import type { Route } from '../route.ts';
import { CONTROL_ROUTE, controlPaths, lineSchemas } from './control-paths.ts';
import type { Json } from './json.ts';
import { operationOf, parametersOf, templateOf } from './operations.ts';

/** What a document is made from. */
export interface Documented {
  readonly routes: readonly Route[];
  readonly controls: readonly ControlDoc[];
  readonly files: readonly FileDoc[];
}

/** The document; equal for equal input. Paths are in byte order. */
export function openApiDocument({ routes, controls, files }: Documented): Json {
  const paths = new Map<string, Json>();
  for (const route of routes) {
    if (route.pattern === CONTROL_ROUTE) continue; // One entry for each control file says more.
    const template = templateOf(route.pattern);
    paths.set(template, {
      ...(paths.get(template) ?? parametersOf(route.pattern)),
      [route.method.toLowerCase()]: operationOf(route),
    });
  }
  const writer = routes.find(({ pattern }) => pattern === CONTROL_ROUTE);
  if (writer !== undefined) for (const [path, item] of controlPaths(controls, writer)) paths.set(path, item);
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/', description: 'The gateway that served this document.' }],
    security: [{ ticket: [] }, { ticketHeader: [] }],
    tags: TAGS,
    paths: Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: SECURITY,
      schemas: { Problem: PROBLEM, Answer: ANSWER, ...lineSchemas(controls) },
      responses: { Problem: PROBLEM_RESPONSE, Answer: ANSWER_RESPONSE },
    },
    'x-cohesix-files': files.map(({ pattern, kind, summary, bytesMax }) => ({ pattern, kind, summary, bytesMax })),
  };
}

const INFO: Json = {
  title: 'Cohesix hive gateway',
  version: '1.0.0',
  summary: 'A control plane in which everything that matters is a file.',
  description:
    'Every operation is done in the session of the ticket that came with it: it sees, writes and pays as that ticket may. ' +
    'What the hive itself answers to an operation on a file is 200, with `status` OK or ERR: look at both. Everything the ' +
    'gateway says on its own is `application/problem+json` with a stable `code`.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

const TAGS: readonly Json[] = [
  { name: 'files', description: 'Any file of the hive: list, read, follow, append.' },
  { name: 'control', description: 'A control file each, with the schema of its line.' },
  { name: 'audit', description: 'The signed log of accepted changes, as C2SP tlog-tiles lays it out.' },
  { name: 'mcp', description: 'The Model Context Protocol, for agents.' },
  { name: 'meta', description: 'The gateway itself: bounds, status, health, metrics, documents.' },
];

const SECURITY: Json = {
  ticket: { type: 'http', scheme: 'bearer', description: 'The ticket of the caller.' },
  ticketHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'x-cohesix-ticket',
    description: 'The same, when there is no Authorization.',
  },
};

const CODE: Json = { type: 'string', enum: Object.keys(REFUSALS).sort(), description: 'Stable; for programs.' };

const PROBLEM: Json = {
  type: 'object',
  description: 'What the gateway says on its own (RFC 9457).',
  required: ['title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'For people: what was wrong and what to do.' },
    code: { ...CODE },
  },
};

const ANSWER: Json = {
  type: 'object',
  description: 'What the hive answered to an operation on a file.',
  required: ['status', 'verb', 'path', 'end'],
  properties: {
    status: { enum: ['OK', 'ERR'] },
    verb: { type: 'string', description: 'LS, CAT, TAIL, ECHO, …' },
    path: { type: 'string' },
    end: { const: true },
    lines: { type: 'array', items: { type: 'string' } },
    bytes: { type: 'integer', minimum: 0 },
    next: { type: 'integer', description: 'CAT from a cursor on: the cursor behind what came.' },
    error: { type: 'string', description: 'The ERR line of the console, when `status` is ERR.' },
    code: { ...CODE },
    detail: { type: 'string' },
    seq: { type: 'integer', description: 'ECHO: journal entry of the line.' },
    reply: {
      type: 'object',
      description: 'ECHO: what the accepted line gave back, for example the id of a new worker.',
    },
    results: { type: 'array', items: { type: 'object' }, description: 'ECHO of several lines: what became of each.' },
    outcome: { enum: ['unknown', 'not-written'], description: 'In a batch: the hive gave no answer to this write.' },
    stat: {
      type: 'object',
      description: 'STAT; numbers of 64 bits are decimal texts.',
      properties: {
        kind: { enum: ['directory', 'view', 'control', 'stream', 'blob'] },
        mode: { type: 'integer' },
        size: { type: 'string', description: 'Bytes; of a stream its end cursor.' },
        qid_path: { type: 'string' },
        qid_version: { type: 'integer' },
      },
    },
  },
};

const PROBLEM_RESPONSE: Json = {
  description: 'The gateway could not do this; `code` says why.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const ANSWER_RESPONSE: Json = {
  description: 'The answer of the hive: OK, or ERR with its reason.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } },
};
