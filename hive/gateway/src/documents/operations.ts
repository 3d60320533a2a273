// A route as an operation of the OpenAPI document: its own words, and what every operation has.

import type { Route } from '../route.ts';
import type { Json } from './json.ts';

/** `/v1/x/:name/*rest` as a path template: `/v1/x/{name}/{rest}`. */
export function templateOf(pattern: string): string {
  return pattern.replace(/[:*]([A-Za-z_]+)/g, '{$1}');
}

/** The parameters of a pattern, as fields of a path item; nothing when there are none. */
export function parametersOf(pattern: string): Json {
  const parameters = [...pattern.matchAll(/([:*])([A-Za-z_]+)/g)].map(([, kind, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
    ...(kind === '*' ? { description: 'The rest of the path; slashes are part of it.' } : {}),
  }));
  return parameters.length === 0 ? {} : { parameters };
}

/** `GET /v1/fs/ls` as `getFsLs`: unique because method and pattern are. */
export function operationId(method: string, pattern: string): string {
  const words = pattern.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** The operation of a route: as the route says, with an id, a tag, the problems, and no security when it is public. */
export function operationOf(route: Route): Json {
  const { method, pattern, operation, access, queue } = route;
  const responses = operation.responses as Json | undefined;
  return {
    operationId: operationId(method, pattern),
    tags: [tagOf(pattern)],
    ...operation,
    ...(access === 'public' ? { security: [] } : {}),
    responses: { ...(responses ?? { 200: { description: 'Done.' } }), ...problems(responses, { access, queue }) },
  };
}

const PROBLEM_REF: Json = { $ref: '#/components/responses/Problem' };

/** The problems that an operation can have without doing anything for them, unless it describes them itself. */
function problems(own: Json | undefined, { access, queue }: Pick<Route, 'access' | 'queue'>): Json {
  const ticket = access === 'ticket' ? ['401', '503'] : [];
  const queued = queue === 'none' ? [] : ['429', '504'];
  const statuses = ['400', ...ticket, ...queued].filter((status) => own?.[status] === undefined);
  return Object.fromEntries([...statuses, 'default'].map((status) => [status, own?.[status] ?? PROBLEM_REF]));
}

function tagOf(pattern: string): string {
  if (pattern.startsWith('/v1/fs/')) return 'files';
  return pattern.startsWith('/v1/control/') ? 'control' : 'meta';
}
