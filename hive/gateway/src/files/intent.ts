// A line as an intent: `/queen/intents/ctl` carries a line for another control file, and the hive remembers it by id and
// idempotency key in its journal. So a caller who says when the write was made can repeat it after any restart, of the gateway or
// of the hive, and it is carried out once. The envelope is made from what the caller gave and nothing else: the same request
// is the same line.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { Controls } from './controls.ts';
import { type EchoWanted, lineWanted } from './echo.ts';

const INTENTS_PATH = '/queen/intents/ctl';

/** What makes an intent of a line. */
export interface IntentOf {
  readonly key: string | undefined;
  readonly issuedMs: unknown;
}

/** Names that an intent may have: no path, no option. */
const NAME = /^(?!-)(?!.*\.\.)[A-Za-z0-9._-]{1,128}$/;

/** The write that carries a line. Refuses what no intent can be: no key, another file, several lines. */
export function carriedBy(controls: Controls, wanted: EchoWanted, { key, issuedMs }: IntentOf): Result<EchoWanted> {
  const { path, text, lineBytes } = wanted;
  if (key === undefined) return refuse('invalid-payload', 'issued_unix_ms needs an idempotency key.');
  if (!NAME.test(key))
    return refuse('invalid-payload', 'The key of an intent has letters, digits, `.`, `_` and `-` only.');
  if (typeof issuedMs !== 'number' || !Number.isSafeInteger(issuedMs) || issuedMs < 1)
    return refuse('invalid-payload', 'issued_unix_ms is a whole number of milliseconds since 1970.');
  if (lineBytes === undefined) return refuse('unsupported', 'An intent carries one line; give `line`.');
  const intents = controls.at(INTENTS_PATH);
  if (intents === undefined || !targetsOf(intents.schema).includes(path))
    return refuse('unsupported', `No intent can be for ${path}; leave issued_unix_ms out.`);
  const line = JSON.stringify({
    schema: 'queen-intent/v1',
    id: key,
    idempotency_key: key,
    issued_unix_ms: issuedMs,
    target: path,
    cmd: text,
  });
  const carrying = lineWanted(INTENTS_PATH, line, intents);
  return carrying.ok ? ok({ ...carrying.value, path, lineBytes, through: INTENTS_PATH }) : carrying;
}

/** The files that its schema says an intent may be for. */
function targetsOf(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { target } = (schema.properties ?? {}) as {
    readonly target?: { readonly anyOf?: readonly { const?: unknown }[] };
  };
  return target?.anyOf?.map((one) => one.const) ?? [];
}
