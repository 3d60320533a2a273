// The answer to an operation on a file (contracts-2, 7.3): `{status, verb, path, end, lines?, bytes?, error?}`, and beside these
// the code and the sentence of a refusal, and what an accepted line gave back. It goes with status 200 whatever the hive said.

import { formatErr, type Refusal } from '@cohesix/wire';
import type { Reply } from '../route.ts';
import { badRequest, pathFault } from './asked.ts';

/** What was asked. */
export type FileVerb = 'LS' | 'CAT' | 'TAIL' | 'STAT' | 'ECHO' | 'PUSH' | 'PULL';

/** An answer as it is sent; the verb adds its own fields. */
export interface FileAnswer {
  readonly status: 'OK' | 'ERR';
  readonly verb: FileVerb;
  readonly path: string;
  readonly end: true;
  /** Left out when there are none. */
  readonly lines?: readonly string[];
  /** CAT and TAIL: of the lines joined by LF. ECHO: of what was sent. */
  readonly bytes?: number;
  /** The ERR line of the console. */
  readonly error?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly [field: string]: unknown;
}

/** What was asked, and of which path. */
export interface Asked {
  readonly verb: FileVerb;
  readonly path: string;
}

/** A good answer. */
export function okAnswer({ verb, path }: Asked, fields: Readonly<Record<string, unknown>> = {}): FileAnswer {
  return { status: 'OK', verb, path, end: true, ...fields };
}

/** A refusal of the hive. */
export function errAnswer(
  { verb, path }: Asked,
  { code, detail }: Refusal,
  fields: Readonly<Record<string, unknown>> = {},
): FileAnswer {
  return { status: 'ERR', verb, path, end: true, error: formatErr(verb, code, { path }), code, detail, ...fields };
}

/** An answer of the hive as a reply: 200, but 400 when no hive has such a path (contracts-2, 7.3). */
export function answerReply(answer: FileAnswer): Reply {
  const fault = answer.code === 'invalid-path' ? pathFault(answer.path) : undefined;
  return fault === undefined ? jsonReply(answer) : badRequest(fault, { members: { path: answer.path } });
}

/** Status 200 with a value as JSON. */
export function jsonReply(value: unknown): Reply {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}
