// Whose request it is: the ticket of `Authorization: Bearer`, else of `x-cohesix-ticket` (contracts-2, 7.2), and the name of a
// session of its own in `x-cohesix-session`. Never logged, never part of an answer.

import type { IncomingHttpHeaders } from 'node:http';
import { ok, type Result, refuse } from '@cohesix/wire';

/** What a request shows of itself. */
export interface Shown {
  readonly token: string;
  readonly name?: string;
}

const BEARER = /^bearer +([^\s]+) *$/i;
const NAME = /^[A-Za-z0-9_-]{16,64}$/;

/** Reads the ticket of a request; `unauthenticated` when there is none, `invalid-payload` for a malformed session name. */
export function credentialsOf(headers: IncomingHttpHeaders): Result<Shown> {
  const { authorization } = headers;
  const ticket = headers['x-cohesix-ticket'];
  const token = authorization === undefined ? ticket : BEARER.exec(authorization)?.[1];
  if (typeof token !== 'string' || token === '') return refuse('unauthenticated', NO_TICKET);
  const name = headers['x-cohesix-session'];
  if (name === undefined) return ok({ token });
  if (typeof name === 'string' && NAME.test(name)) return ok({ token, name });
  return refuse('invalid-payload', 'x-cohesix-session is 16 to 64 of A-Z, a-z, 0-9, - and _.');
}

const NO_TICKET = 'Send a ticket: Authorization: Bearer TICKET.';
