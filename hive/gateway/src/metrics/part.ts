// `/metrics`, and the export to a collector. A scrape needs a ticket like everything else (Prometheus: `authorization:
// credentials_file`), and shows what that ticket sees.

import { type HiveClient, realTimers } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { echoOf } from '../files/echo.ts';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import type { Reply, TicketRoute } from '../route.ts';
import { hiveFamilies } from './collect.ts';
import type { Family } from './family.ts';
import { gatewayFamilies, idempotencyFamilies } from './gateway-families.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { otlpFamilies } from './otlp-families.ts';
import { formatOf, metricsText, TEXT_TYPES } from './text.ts';

/** The route, and the exporter when there is a collector. */
export function metricsPart(context: PartContext): GatewayPart {
  const exporter = exporterOf(context);
  const families = (client: HiveClient): Promise<Result<readonly Family[]>> => allFamilies(context, client);
  const route: TicketRoute = {
    method: 'GET',
    pattern: '/metrics',
    access: 'ticket',
    queue: 'telemetry',
    operation: OPERATION,
    answer: async ({ headers: { accept } }, { client }) => scrape(await families(client), accept),
  };
  return { routes: [route], close: async () => exporter?.close() };
}

const EXPORTERS = new WeakMap<PartContext, OtlpExporter>();

/** The exporter of a gateway, the same for all its parts; undefined when nothing is exported. */
export function exporterOf(context: PartContext): OtlpExporter | undefined {
  const { otlp, hive } = context;
  if (otlp === undefined) return undefined;
  const known = EXPORTERS.get(context);
  if (known !== undefined) return known;
  const families = (client: HiveClient): Promise<Result<readonly Family[]>> => allFamilies(context, client);
  const exporter = new OtlpExporter(otlp, { hive, families, timers: realTimers, now: Date.now });
  EXPORTERS.set(context, exporter);
  return exporter;
}

function scrape(families: Result<readonly Family[]>, accept: string | undefined): Reply {
  if (!families.ok) return problem(families.refusal);
  const format = formatOf(accept);
  return {
    status: 200,
    type: TEXT_TYPES[format],
    headers: { vary: 'accept' },
    body: metricsText(families.value, format),
  };
}

async function allFamilies(context: PartContext, client: HiveClient): Promise<Result<readonly Family[]>> {
  const { hive, counts } = context;
  const ofHive = await hiveFamilies(client);
  if (!ofHive.ok) return ofHive;
  const { ok: isReady } = await hive.ready();
  const ready: Family = {
    name: 'cohesix_ready',
    kind: 'gauge',
    help: 'Whether the hive takes changes.',
    samples: [{ labels: {}, value: Number(isReady) }],
  };
  return ok([
    ready,
    ...ofHive.value,
    ...gatewayFamilies(counts()),
    ...idempotencyFamilies(echoOf(context).idempotency),
    ...otlpFamilies(exporterOf(context)?.counts),
  ]);
}

const OPERATION = {
  summary: 'Metrics of the hive and of the gateway, as the ticket sees them.',
  description:
    'The Prometheus text format 0.0.4, or OpenMetrics 1.0 when `Accept` prefers it. Values come from views that are read in the ' +
    'session of the ticket: each counts as an operation of it. `cohesix_views_hidden` says how many it does not see.',
  responses: {
    200: {
      description: 'The metrics.',
      content: {
        'text/plain': { schema: { type: 'string' } },
        'application/openmetrics-text': { schema: { type: 'string' } },
      },
    },
  },
};
