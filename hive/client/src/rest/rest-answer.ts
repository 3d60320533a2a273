// What a gateway answers, as a Result: 200 with `status` OK or ERR for what the hive said, `application/problem+json`
// (RFC 9457) for what the gateway itself says. Both carry a `code` of the one table of refusals; a gateway or a proxy that
// sends none is judged by its HTTP status.

import { ok, REFUSALS, type RefusalCode, type Result, refuse } from '@cohesix/wire';

/** An object as it came: no field of it is trusted yet. */
export type Fields = Readonly<Partial<Record<string, unknown>>>;

/** HTTP status → code, where the body does not tell one. */
const CODE_BY_STATUS: ReadonlyMap<number, RefusalCode> = new Map([
  [400, 'invalid-payload'],
  [401, 'unauthenticated'],
  [403, 'denied'],
  [404, 'unsupported'],
  [405, 'unsupported'],
  [409, 'stale'],
  [412, 'timeout'],
  [413, 'too-big'],
  [415, 'unsupported'],
  [422, 'invalid-payload'],
  [429, 'rate-limited'],
  [502, 'unreachable'],
  [503, 'unreachable'],
  [504, 'timeout'],
]);

/** The fields of an answer with status OK; what was refused as the refusal it is. */
export function answerOf(httpStatus: number, text: string): Result<Fields> {
  const fields = fieldsOf(text);
  if (httpStatus === 200 && fields?.status === 'OK') return ok(fields);
  return refusalIn(httpStatus, fields);
}

function refusalIn(httpStatus: number, fields: Fields | undefined): Result<never> {
  if (httpStatus === 200 && fields?.status !== 'ERR') {
    return refuse('invalid-frame', 'What answered is no gateway of a hive: its answer has no status.');
  }
  const told = codeNamed(fields?.code);
  const code = told ?? CODE_BY_STATUS.get(httpStatus) ?? 'internal';
  const detail = typeof fields?.detail === 'string' && fields.detail !== '' ? fields.detail : undefined;
  if (detail !== undefined || told !== undefined) return refuse(code, detail);
  return refuse(code, `${REFUSALS[code].sentence} (HTTP status ${httpStatus})`);
}

/** A code of the table by its name. */
export function codeNamed(name: unknown): RefusalCode | undefined {
  return typeof name === 'string' && Object.hasOwn(REFUSALS, name) ? (name as RefusalCode) : undefined;
}

/** The object a text holds; undefined for any other text. */
export function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // Not JSON: whatever sent it, it is no answer of a gateway.
  }
}

/** The strings of a list; undefined when it is none. */
export function stringsIn(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

/** A whole number that came as decimal text or as a number; undefined when it is none. */
export function bigIn(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}
