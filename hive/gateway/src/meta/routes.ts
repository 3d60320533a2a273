// What a gateway says of itself: health, readiness, bounds, status.

import { echoOf } from '../files/echo.ts';
import { problem } from '../http/problem.ts';
import { exporterOf } from '../metrics/part.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import type { Reply, TicketRoute } from '../route.ts';
import { boundsDocument } from './bounds.ts';
import { healthRoutes } from './health.ts';
import { Readiness } from './readiness.ts';
import { statusDocument } from './status.ts';

/** The routes. */
export function metaRoutes(context: PartContext): GatewayPart {
  const { hive, settings, counts } = context;
  const readiness = new Readiness(hive);
  const status = async (): Promise<Reply> => {
    const { ok: isReady } = await readiness.ask();
    const { idempotency } = echoOf(context);
    const otlp = exporterOf(context)?.counts;
    return json(statusDocument({ isReady, noticed: readiness.noticed, counts: counts(), idempotency, otlp }));
  };
  return {
    routes: [
      ...healthRoutes(readiness),
      meta('/v1/meta/bounds', 'Bounds of the hive and of the gateway, as they are now.', async (_, { client }) => {
        const bounds = await boundsDocument(client, { hive, settings });
        return bounds.ok ? json(bounds.value) : problem(bounds.refusal);
      }),
      meta('/v1/meta/status', 'How the gateway and its way to the hive are.', status),
    ],
  };
}

function json(value: unknown): Reply {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

function meta(pattern: string, summary: string, answer: TicketRoute['answer']): TicketRoute {
  const content = { 'application/json': { schema: { type: 'object' } } };
  const operation = { summary, responses: { 200: { description: 'The document.', content } } };
  return { method: 'GET', pattern, access: 'ticket', queue: 'telemetry', operation, answer };
}
