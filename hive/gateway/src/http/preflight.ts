// OPTIONS: what a path takes, and for a page of a listed origin (Fetch, 4.8) what it may send.

import type { IncomingMessage } from 'node:http';
import type { Reply } from '../route.ts';
import { corsHeaders } from './send.ts';

const MAX_AGE_S = '600';

const HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'idempotency-key',
  'last-event-id',
  'x-cohesix-ticket',
  'x-cohesix-session',
  'x-cohesix-expect-instance',
  'x-cohesix-settled',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
].join(', ');

/** The answer to OPTIONS on a path with routes; `origin` is that of a listed page, whose preflight it may be. */
export function preflight({ headers }: IncomingMessage, origin: string | undefined, allow: readonly string[]): Reply {
  const methods = allow.join(', ');
  const isPreflight = origin !== undefined && headers['access-control-request-method'] !== undefined;
  const granted = isPreflight
    ? {
        ...corsHeaders(origin),
        'access-control-allow-methods': methods,
        'access-control-allow-headers': HEADERS,
        'access-control-max-age': MAX_AGE_S,
      }
    : {};
  return { status: 204, type: 'text/plain', headers: { allow: methods, ...granted }, body: '' };
}
