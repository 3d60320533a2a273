// Bodies of JSON, read strictly: what the gateway and the hive behind it could read differently is refused.

import { decodeUtf8 } from '@cohesix/bytes';
import { ok, parseStrictJson, type Refusal, type Result, refuse } from '@cohesix/wire';
import type { GatewayRequest, Reply } from '../route.ts';
import { badRequest } from './asked.ts';

/** A body that was read: its value, and its bytes for who compares bodies. */
export interface JsonBody {
  readonly value: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

/** Longest JSON body whatever the settings say: one text of it is matched by one regular expression, which needs stack. */
const JSON_BYTES_MAX: number = 1 << 20;

const RULES = {
  depthMax: 8,
  allowsLineEnds: true,
  textProblem: (text: string) => (text.isWellFormed() ? undefined : 'a lone surrogate'),
} as const;

/** The JSON object of a body; `fields`: the names it may have. Refuses as `GatewayRequest.body`, or with `invalid-payload`. */
export async function jsonBody(
  request: GatewayRequest,
  { bytesMax, fields }: { readonly bytesMax: number; readonly fields: readonly string[] },
): Promise<Result<JsonBody>> {
  const type = request.headers['content-type']?.toLowerCase() ?? 'application/json';
  if (!/^application\/json *(?:;|$)/.test(type))
    return refuse('unsupported', 'Send JSON: Content-Type: application/json (curl --json).');
  const bytes = await request.body(Math.min(bytesMax, JSON_BYTES_MAX));
  if (!bytes.ok) return bytes;
  const text = decodeUtf8(bytes.value);
  if (text === undefined) return refuse('invalid-payload', 'The body is not UTF-8.');
  const parsed = parseStrictJson(text, RULES);
  if (!parsed.ok) return refuse('invalid-payload', parsed.problem);
  const object = objectWith(parsed.value, fields);
  return object.ok ? ok({ value: object.value, bytes: bytes.value }) : object;
}

/** An object that has no other fields than these. */
export function objectWith(value: unknown, fields: readonly string[]): Result<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('invalid-payload', 'A JSON object is expected.');
  const unknown = Object.keys(value).find((name) => !fields.includes(name));
  if (unknown === undefined) return ok({ ...value });
  return refuse(
    'invalid-payload',
    `Unknown field ${JSON.stringify(unknown.slice(0, 64))}; known here: ${fields.join(', ')}.`,
  );
}

/** A field that is an array of 1 to `max` things. */
export function arrayField(
  object: Readonly<Record<string, unknown>>,
  name: string,
  max: number,
): Result<readonly unknown[]> {
  const value = object[name];
  if (!Array.isArray(value) || value.length === 0)
    return refuse('invalid-payload', `${name} is an array of 1 to ${max}.`);
  return value.length > max ? refuse('too-big', `${name} has at most ${max} entries; got ${value.length}.`) : ok(value);
}

/** A body that was not read or is no JSON of ours; the statuses of RFC 9110 where they say more than 400. */
export function badBody(why: Refusal): Reply {
  const status = why.code === 'too-big' ? 413 : why.code === 'unsupported' ? 415 : 400;
  return badRequest(why, { status });
}
