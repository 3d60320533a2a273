// The export of a real hive to a collector, as `hive.toml` says it: with the ticket of a file, again and again.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { stands } from './stand.ts';

const start = stands();
const WAIT = { timeout: 20_000 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Metric {
  readonly name: string;
  readonly gauge?: { readonly dataPoints: readonly { readonly asInt?: string }[] };
}

/** A collector that takes everything; the metrics of each request collect in `requests`. */
async function collector(): Promise<{
  url: string;
  requests: (readonly Metric[])[];
  headers: IncomingMessage['headers'][];
}> {
  const requests: (readonly Metric[])[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const { resourceMetrics } = JSON.parse(Buffer.concat(pieces).toString()) as {
      resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
    };
    requests.push(resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)));
    headers.push(request.headers);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`, requests, headers };
}

test('what the ticket of the file sees goes to the collector, and the status says so', async () => {
  const to = await collector();
  const { get, hive } = await start((manifest) => ({
    ...manifest,
    // The queen's own ticket is there a moment after the doors, so the first export has none.
    gateway: { ...manifest.gateway, otlp_url: to.url, otlp_interval_ms: 1000, otlp_ticket: 'run/queen.ticket' },
  }));
  await vi.waitFor(() => expect(to.requests.length).toBeGreaterThan(1), WAIT);
  const [metrics = []] = to.requests;
  const value = (name: string): string | undefined =>
    metrics.find((metric) => metric.name === name)?.gauge?.dataPoints[0]?.asInt;
  expect([value('cohesix_ready'), value('cohesix_workers_limit')]).toEqual(['1', String(hive.manifest.workers.max)]);
  // The ticket is for the hive, not for the collector.
  expect(to.headers[0]?.authorization).toBeUndefined();
  expect(to.headers[0]?.['content-type']).toBe('application/json');
  await vi.waitFor(async () => {
    const { json } = await get('/v1/meta/status');
    expect((json.otlp as { exported: number }).exported).toBeGreaterThan(1);
    expect(json.otlp).not.toHaveProperty('last_error');
  }, WAIT);
  expect((await get('/metrics')).text).toMatch(/^cohesix_otlp_exports_total\{result="exported"\} [1-9]/m);
});

test('a ticket file that is not there is in the status, by its reason only', async () => {
  const to = await collector();
  const { get, hive } = await start((manifest) => ({
    ...manifest,
    gateway: { ...manifest.gateway, otlp_url: to.url, otlp_ticket: 'run/none.ticket' },
  }));
  await vi.waitFor(async () => {
    const { json, text } = await get('/v1/meta/status');
    expect(json.otlp).toMatchObject({ exported: 0, failed: 1, last_error: { code: 'unauthenticated' } });
    expect(text).not.toContain(hive.paths.root);
  }, WAIT);
  expect(to.requests.length).toBe(0);
});
