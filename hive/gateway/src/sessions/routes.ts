// A caller with a session of its own keeps it open while it has nothing to ask, and ends it instead of leaving it to be closed
// when idle.

import { jsonReply } from '../files/answer.ts';
import { credentialsOf } from '../http/credentials.ts';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';

const OPERATION = {
  operationId: 'closeSession',
  summary:
    'Ends the session that `x-cohesix-session` names; without that header nothing ends, since others share the session.',
  responses: {
    '200': {
      description: 'Done.',
      content: {
        'application/json': {
          schema: { type: 'object', required: ['status'], properties: { status: { const: 'OK' } } },
        },
      },
    },
  },
};

const PING = {
  operationId: 'pingSession',
  summary: 'A round trip to the hive without effect; keeps the session of `x-cohesix-session` open.',
  responses: OPERATION.responses,
};

/** `GET /v1/session`, and `POST /v1/session/close`. Needs a ticket and opens no session, so it costs nothing to close one that is gone. */
export function sessionRoutes({ sessions }: PartContext): GatewayPart {
  return {
    routes: [
      {
        method: 'GET',
        pattern: '/v1/session',
        access: 'ticket',
        queue: 'control',
        operation: PING,
        answer: async (_, { client }) => {
          const answered = await client.ping();
          return answered.ok ? jsonReply({ status: 'OK' }) : problem(answered.refusal);
        },
      },
      {
        method: 'POST',
        pattern: '/v1/session/close',
        access: 'public',
        queue: 'none',
        operation: OPERATION,
        answer: async ({ headers, peer }) => {
          const shown = credentialsOf(headers);
          if (!shown.ok) return problem(shown.refusal);
          if (shown.value.name !== undefined) sessions.drop({ ...shown.value, door: 'rest', peer });
          return jsonReply({ status: 'OK' });
        },
      },
    ],
  };
}
