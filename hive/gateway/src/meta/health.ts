// `/healthz`: this process answers. `/readyz`: so does the hive behind it, and it takes changes. Both are public and say nothing
// that a ticket would be needed for; the reason of a sealed journal may name files, so only its code is told.

import { refusal } from '@cohesix/wire';
import { problem } from '../http/problem.ts';
import type { PublicRoute, Reply } from '../route.ts';
import type { Readiness } from './readiness.ts';

/** The two routes. */
export function healthRoutes(readiness: Readiness): readonly PublicRoute[] {
  return [
    probe('/healthz', { summary: 'Whether the gateway answers.', responses: YES }, async () => UP),
    probe('/readyz', READY_OPERATION, () => readyReply(readiness)),
  ];
}

const UP: Reply = { status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' };

async function readyReply(readiness: Readiness): Promise<Reply> {
  const state = await readiness.ask();
  return state.ok ? UP : problem(refusal(state.refusal.code), { status: 503 });
}

function probe(pattern: string, operation: PublicRoute['operation'], answer: () => Promise<Reply>): PublicRoute {
  return { method: 'GET', pattern, access: 'public', queue: 'none', operation, answer };
}

const YES = { 200: { description: 'Yes.', content: { 'text/plain': { schema: { type: 'string' } } } } };

const READY_OPERATION = {
  summary: 'Whether the hive behind it answers and takes changes.',
  responses: {
    ...YES,
    503: {
      description: 'Not now; `code` says why, for example `audit-unavailable` or `unreachable`.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
};
