// `/metrics` of a gateway in front of a real hive: what a ticket sees, what it does not, and what it costs.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Answered, stands } from './stand.ts';

const start = stands();

test('a scrape shows the hive and the gateway, in either format', async () => {
  const { get, ask } = await start();
  const scraped = await get('/metrics');
  expect([scraped.status, scraped.type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const values = valuesOf(scraped);
  expect(values).toMatchObject({
    cohesix_ready: 1,
    'cohesix_lifecycle_state{state="ONLINE"}': 1,
    'cohesix_lifecycle_state{state="DRAINING"}': 0,
    cohesix_root_reachable: 1,
    cohesix_views_failed: 0,
    cohesix_gateway_sessions: 1,
  });
  const open = await ask('GET', '/metrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
  expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(open.text.endsWith('\n# EOF\n')).toBe(true);
  expect(valuesOf(open)['cohesix_gateway_requests_total{method="GET",route="/metrics",status="200"}']).toBe(1);
});

test('every metric of the reference is in the scrape of a running hive', async () => {
  const { get } = await start();
  await get('/metrics'); // So that an answer is counted.
  const { text } = await get('/metrics');
  const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
  const named = [...page.matchAll(/^\| `(cohesix_\w+)` /gm)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(60);
  const missing = named.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text));
  // The spool is off, nobody publishes a GPU, and nothing is exported, unless somebody says otherwise.
  expect(missing.filter((name) => !name.startsWith('cohesix_otlp_'))).toEqual([
    'cohesix_spool_used_bytes',
    'cohesix_spool_records',
    'cohesix_spool_dropped_total',
    'cohesix_gpu_memory_bytes',
    'cohesix_gpu_leased_bytes',
    'cohesix_gpu_leased_streams',
    'cohesix_gpu_holders',
  ]);
});

test('what happens in the hive is in the next scrape', async () => {
  const { get, post } = await start();
  const before = valuesOf(await get('/metrics'));
  await post('/v1/fs/echo', { path: '/queen/ctl', line: '{"spawn":"heartbeat","ticks":100}' });
  await post('/v1/fs/echo', { path: '/queen/ctl', line: '{"nonsense":1}' });
  const after = valuesOf(await get('/metrics'));
  const grew = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
  expect(grew('cohesix_workers')).toBe(1);
  expect(grew('cohesix_refusals_total{tag="policy"}')).toBe(1);
  expect(after['cohesix_gateway_requests_total{method="POST",route="/v1/fs/echo",status="200"}']).toBe(2);
});

test('a narrow ticket sees its part, and how much is hidden', async () => {
  const { get, ticketOf } = await start();
  const narrow = await ticketOf({ subject: 'meter', scopes: [{ path: '/proc/pressure', verbs: 'read', ratePerS: 0 }] });
  const values = valuesOf(await get('/metrics', narrow));
  const ofHive = Object.keys(values).filter((name) => !name.startsWith('cohesix_gateway_'));
  expect(ofHive.sort()).toEqual([
    'cohesix_ready',
    'cohesix_refusals_total{tag="busy"}',
    'cohesix_refusals_total{tag="cut"}',
    'cohesix_refusals_total{tag="policy"}',
    'cohesix_refusals_total{tag="quota"}',
    'cohesix_view_rows_left_out',
    'cohesix_views_failed',
    'cohesix_views_hidden',
  ]);
  expect(values.cohesix_views_hidden).toBeGreaterThan(20);
});

test('the ticket that the reference tells to make sees everything', async () => {
  const { get, ticketOf } = await start();
  const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
  const scopes = [...page.matchAll(/--scope (\S+):r/g)].map(([, path = '']) => ({
    path,
    verbs: 'read' as const,
    ratePerS: 0,
  }));
  expect(scopes.length).toBeGreaterThan(1);
  const values = valuesOf(await get('/metrics', await ticketOf({ subject: 'prometheus', scopes })));
  expect([values.cohesix_views_hidden, values.cohesix_views_failed]).toEqual([0, 0]);
});

test('no ticket, no metrics; a ticket that has nothing left is told when to come again', async () => {
  const { get, ticketOf } = await start();
  const without = await get('/metrics', '');
  expect([without.status, without.type]).toEqual([401, 'application/problem+json']);
  const poor = await ticketOf({ subject: 'poor', quotas: { operationsBurst: 3 } });
  const refused = await get('/metrics', poor);
  expect([refused.status, refused.json.code]).toEqual([429, 'exhausted']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

/** Sample → value. */
function valuesOf(answered: Answered): Readonly<Record<string, number>> {
  const lines = answered.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('a published GPU and what is leased of it', async () => {
  const { get, post } = await start();
  const gpu = { id: 'GPU-0', name: 'Mock', memory_mb: 1024, sm_count: 1, driver_version: '1', runtime_version: '1' };
  const published = await post('/v1/control/gpu/bridge/ctl', JSON.stringify({ publish: { host: 'h1', gpus: [gpu] } }));
  expect(published.json).toMatchObject({ status: 'OK' });
  const spawn = { spawn: 'gpu', lease: { gpu_id: 'GPU-0', mem_mb: 256, streams: 2, ttl_s: 60 } };
  expect((await post('/v1/control/queen/ctl', spawn)).json).toMatchObject({ status: 'OK' });
  expect(valuesOf(await get('/metrics'))).toMatchObject({
    'cohesix_gpu_memory_bytes{host="h1",gpu="GPU-0"}': 1024 * 1024 * 1024,
    'cohesix_gpu_leased_bytes{host="h1",gpu="GPU-0"}': 256 * 1024 * 1024,
    'cohesix_gpu_leased_streams{host="h1",gpu="GPU-0"}': 2,
    'cohesix_gpu_holders{host="h1",gpu="GPU-0"}': 1,
    'cohesix_leases{state="active"}': 1,
  });
});
