// Each control file as a path of the OpenAPI document: `POST /v1/control/queen/ctl` appends the line of the body to
// `/queen/ctl`. One route serves them all (`control-route.ts`); the document tells them apart, so that a client generated from it
// has a typed call for each.

import type { ControlDoc } from '../hive-port.ts';
import type { Route } from '../route.ts';
import type { Json } from './json.ts';
import { lineSchema } from './line-schema.ts';
import { operationId, operationOf, parametersOf, templateOf } from './operations.ts';

/** The route that writes control files. */
export const CONTROL_ROUTE = '/v1/control/*path';

/** Path → path item of each control file. `writer` is the route that serves them. */
export function controlPaths(controls: readonly ControlDoc[], writer: Route): readonly (readonly [string, Json])[] {
  return controls.map((control) => {
    const pattern = `/v1/control${control.pattern}`;
    return [templateOf(pattern), { ...parametersOf(pattern), post: controlOperation(control, { ...writer, pattern }) }];
  });
}

/** The line schema of each control file, by the name it has in the document. */
export function lineSchemas(controls: readonly ControlDoc[]): Json {
  return Object.fromEntries(controls.map((control) => [lineName(control), lineSchema(control)]));
}

/** `/worker/:worker/ctl` as `WorkerByWorkerCtlLine`; unique, as patterns are. */
function lineName({ pattern }: Pick<ControlDoc, 'pattern'>): string {
  const words = pattern.split('/').filter((word) => word !== '');
  return `${words.map((word) => capital(word.startsWith(':') ? `by_${word.slice(1)}` : word)).join('')}Line`;
}

function capital(word: string): string {
  return word
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');
}

function controlOperation(control: ControlDoc, route: Route): Json {
  const { pattern, summary, writers, lineBytesMax } = control;
  const operation = operationOf({ ...route, operation: { ...route.operation, summary } });
  return {
    ...operation,
    operationId: operationId(route.method, route.pattern),
    description: `Appends a line to \`${pattern}\`: at most ${lineBytesMax} bytes, by ${writers.join(', ')}. ${AS_ECHO}`,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${lineName(control)}` } } },
    },
    'x-cohesix-control': { pattern, writers, lineBytesMax, isWord: control.isWord },
  };
}

const AS_ECHO = 'The answer is that of `POST /v1/fs/echo`.';
