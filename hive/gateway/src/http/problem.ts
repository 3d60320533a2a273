// Problems of the gateway itself as `application/problem+json` (RFC 9457): no ticket, a bad request, a full queue, a hive that
// cannot be reached. What the hive answers to an operation is no problem: that is 200 with OK or ERR (contracts-2, 7.3).
// `code` is of the one table of refusals, which also has the status; `type` is `urn:cohesix:refusal:<code>`.

import { STATUS_CODES } from 'node:http';
import { REFUSALS, type Refusal, tagOf } from '@cohesix/wire';
import type { Reply } from '../route.ts';

/** A reply whose body is a problem. */
export type ProblemReply = Reply & { readonly body: string };

/** What differs from the row of the code. */
export interface ProblemOptions {
  /** Where HTTP has a finer word than the table: 405, 415, 421, 422, 431. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beyond those of every problem: `path`, `outcome`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

const RETRY_AFTER_S = '1';

/** The reply to a refused request. Statuses 429 and 503 say when to come again. */
export function problem({ code, detail }: Refusal, { status, headers, members }: ProblemOptions = {}): ProblemReply {
  const answered = status ?? REFUSALS[code].status;
  const isLater = answered === 429 || answered === 503;
  const title = status === undefined ? REFUSALS[code].sentence : STATUS_CODES[status];
  const body = {
    type: `urn:cohesix:refusal:${code}`,
    title,
    status: answered,
    detail,
    code,
    tag: tagOf(code),
    ...members,
  };
  return {
    status: answered,
    type: 'application/problem+json',
    headers: { ...(isLater ? { 'retry-after': RETRY_AFTER_S } : {}), ...headers },
    body: JSON.stringify(body),
  };
}
