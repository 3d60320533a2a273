// `POST /v1/control/queen/ctl` with the line as the body: what a client generated from the OpenAPI document calls. It writes as
// `POST /v1/fs/echo` does, with the same answer and the same memory of idempotency keys; the hive checks the line.

import { decodeUtf8 } from '@cohesix/bytes';
import { ok, parseStrictJson, type Result, refusal, refuse } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import { badRequest, pathAsked } from '../files/asked.ts';
import { badBody } from '../files/body.ts';
import { type Echo, echoOf, lineWanted } from '../files/echo.ts';
import { keyOf } from '../files/idempotency.ts';
import { problem } from '../http/problem.ts';
import type { PartContext } from '../parts.ts';
import type { GatewayRequest, Reply, TicketRoute } from '../route.ts';
import { CONTROL_ROUTE } from './control-paths.ts';
import type { Json } from './json.ts';

/** The route of all control files. */
export function controlRoute(context: PartContext): TicketRoute {
  const echo = echoOf(context);
  const { bodyBytesMax } = context.settings;
  return {
    method: 'POST',
    pattern: CONTROL_ROUTE,
    access: 'ticket',
    queue: 'control',
    operation: OPERATION,
    answer: (request, caller) => write(request, caller, { echo, bodyBytesMax }),
  };
}

interface Writer {
  readonly echo: Echo;
  readonly bodyBytesMax: number;
}

async function write(request: GatewayRequest, caller: Caller, { echo, bodyBytesMax }: Writer): Promise<Reply> {
  const path = pathAsked(`/${request.params.path ?? ''}`);
  if (!path.ok) return badRequest(path.refusal);
  const control = echo.controls.at(path.value);
  if (control === undefined) return problem(refusal('invalid-path', NO_CONTROL));
  const body = await request.body(bodyBytesMax);
  if (!body.ok) return badBody(body.refusal);
  const line = lineOf(body.value);
  if (!line.ok) return badRequest(line.refusal);
  const wanted = lineWanted(path.value, line.value, control);
  if (!wanted.ok) return badRequest(wanted.refusal);
  const key = keyOf(request.headers['idempotency-key'], undefined);
  if (!key.ok) return badRequest(key.refusal);
  const compared = Buffer.concat([Buffer.from(`${path.value}\n`), body.value]);
  return echo.reply(wanted.value, { caller, key: key.value, body: compared, headers: request.headers });
}

const NO_CONTROL = 'No control file of this hive; lines for other files go to POST /v1/fs/echo.';

/** As deep as a line of a control file may be; the hive looks at the rest. */
const RULES = { depthMax: 8, allowsLineEnds: true, textProblem: () => undefined } as const;

/** A JSON string is a line of words, a number a line that is one, an object a line of JSON on one line. */
function lineOf(body: Uint8Array): Result<string> {
  const text = decodeUtf8(body);
  if (text === undefined) return refuse('invalid-payload', 'The body is not UTF-8.');
  const parsed = parseStrictJson(text, RULES);
  if (!parsed.ok) return refuse('invalid-payload', parsed.problem);
  const { value } = parsed;
  if (typeof value === 'string') return ok(value);
  const isLine = typeof value === 'number' || (typeof value === 'object' && value !== null && !Array.isArray(value));
  return isLine ? ok(JSON.stringify(value)) : refuse('invalid-payload', 'The body is a JSON object, string or number.');
}

const OPERATION: Json = {
  summary: 'Appends a line to a control file.',
  parameters: [
    {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'Writes once, as with `POST /v1/fs/echo`.',
      schema: { type: 'string', minLength: 1, maxLength: 128 },
    },
  ],
  requestBody: { required: true, content: { 'application/json': { schema: true } } },
  responses: { 200: { $ref: '#/components/responses/Answer' } },
};
