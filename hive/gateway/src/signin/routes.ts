// Signing a page in: a caller with a ticket gets a code for it, and whoever redeems the code gets the ticket, once. The session that a
// redeemed ticket is checked with ends at once; its line in the log (`session.attach … door=sign-in`) says who signed in with which
// ticket.

import type { HiveClient } from '@cohesix/client';
import { REFUSALS, type Refusal, refusal } from '@cohesix/wire';
import { jsonReply } from '../files/answer.ts';
import { badBody, jsonBody } from '../files/body.ts';
import { credentialsOf } from '../http/credentials.ts';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import type { GatewayRequest, PublicRoute, Reply, TicketRoute } from '../route.ts';
import { SIGN_IN_LIFE_MS } from './codes.ts';

/** A code has 22 characters. */
const BODY_BYTES_MAX = 256;
const SELF_BYTES_MAX = 4096;

/** The part. */
export function signInRoutes(context: PartContext): GatewayPart {
  return { routes: [codeRoute(context), redeemRoute(context)], close: async () => context.signIns.close() };
}

function codeRoute({ signIns }: PartContext): TicketRoute {
  return {
    method: 'POST',
    pattern: '/v1/signin/code',
    access: 'ticket',
    queue: 'control',
    operation: CODE_OPERATION,
    answer: ({ headers }) => {
      const shown = credentialsOf(headers);
      if (!shown.ok) return problem(shown.refusal);
      return jsonReply({ status: 'OK', code: signIns.make(shown.value.token), expires_in_ms: SIGN_IN_LIFE_MS });
    },
  };
}

function redeemRoute(context: PartContext): PublicRoute {
  return {
    method: 'POST',
    pattern: '/v1/signin/redeem',
    access: 'public',
    queue: 'none',
    operation: REDEEM_OPERATION,
    answer: async (request) => {
      const reply = await redeem(request, context);
      return reply.status === 200 ? reply : { ...reply, isNobody: true };
    },
  };
}

async function redeem(request: GatewayRequest, { signIns, hive }: PartContext): Promise<Reply> {
  const body = await jsonBody(request, { bytesMax: BODY_BYTES_MAX, fields: ['code'] });
  if (!body.ok) return badBody(body.refusal);
  const { code } = body.value.value;
  const ticket = typeof code === 'string' ? signIns.take(code) : undefined;
  if (ticket === undefined) return problem(NOT_GOOD);
  const session = await hive.attach(ticket, { door: 'sign-in', peer: request.peer });
  if (!session.ok) return problem(isLater(session.refusal) ? session.refusal : NOT_GOOD);
  const who = await whoOf(session.value);
  await session.value.close();
  return jsonReply({ status: 'OK', ticket, ...who });
}

/** As the hive tells it, so that a page need not read tickets; empty (whatever the ticket says) when it does not. */
async function whoOf(client: HiveClient): Promise<{ readonly role: string; readonly subject: string }> {
  const self = await client.read('/proc/self/session', { maxBytes: SELF_BYTES_MAX });
  const text = self.ok ? Buffer.from(self.value).toString() : '';
  const field = (name: string): string => new RegExp(`(?:^|\\s)${name}=(\\S+)`).exec(text)?.[1] ?? '';
  return { role: field('role'), subject: field('subject') };
}

/** Why does not matter to a stranger: wrong, used, too old, or for a ticket that is no longer good. */
const NOT_GOOD: Refusal = refusal(
  'denied',
  'This link does not sign in: it is used or too old. Another one: coh ui, where the hive runs.',
);

/** The hive has no room or is away; that is no word about the code. */
function isLater({ code }: Refusal): boolean {
  return REFUSALS[code].status >= 429;
}

const CODE_SCHEMA = { type: 'string', pattern: '^[A-Za-z0-9_-]{22}$' };

const CODE_OPERATION = {
  operationId: 'makeSignInCode',
  summary: 'A code that signs a page in with the caller’s ticket: good once, and for ten minutes.',
  description:
    'The link is the address of the gateway with `#/sign-in/CODE`: what follows the # is never sent to a server.',
  responses: {
    200: answered({ code: CODE_SCHEMA, expires_in_ms: { type: 'integer' } }, 'The code.'),
  },
};

const REDEEM_OPERATION = {
  operationId: 'redeemSignInCode',
  summary: 'The ticket of a code, once. Codes that are wrong, used or too old are refused alike.',
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { type: 'object', required: ['code'], properties: { code: CODE_SCHEMA } } },
    },
  },
  responses: {
    200: answered(
      { ticket: { type: 'string' }, role: { type: 'string' }, subject: { type: 'string' } },
      'The ticket, to be kept in the memory of the page, and of which role and subject it is.',
    ),
    403: { $ref: '#/components/responses/Problem' },
  },
};

function answered(fields: Readonly<Record<string, unknown>>, description: string): object {
  const properties = { status: { const: 'OK' }, ...fields };
  const schema = { type: 'object', required: Object.keys(properties), properties };
  return { description, content: { 'application/json': { schema } } };
}
