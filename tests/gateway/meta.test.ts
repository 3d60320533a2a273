// Health, bounds and status of a gateway in front of a real hive.

import { GATEWAY_DEFAULTS } from '@cohesix/gateway';
import { type Disk, nodeDisk } from '@cohesix/journal';
import { expect, test } from 'vitest';
import { stands } from './stand.ts';

const start = stands();

test('health and readiness need no ticket', async () => {
  const { get } = await start();
  for (const path of ['/healthz', '/readyz']) {
    expect([path, await get(path, '')]).toMatchObject([path, { status: 200, text: 'ok\n' }]);
  }
});

test('a hive whose disk fails is not ready any more, and metrics and status say so too', async () => {
  let isFailing = false;
  const open: Disk['open'] = async (path, mode) => {
    const file = await nodeDisk.open(path, mode);
    const datasync = async (): Promise<void> => {
      if (isFailing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      await file.datasync();
    };
    return {
      read: (target, position) => file.read(target, position),
      writev: (chunks, position) => file.writev(chunks, position),
      datasync,
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  };
  const { get, post } = await start((manifest) => manifest, { disk: { ...nodeDisk, open } });
  expect((await get('/readyz', '')).status).toBe(200);
  isFailing = true;
  expect((await post('/v1/control/queen/ctl', { spawn: 'heartbeat', ticks: 9 })).json.code).toBe('audit-unavailable');
  const ready = await get('/readyz', '');
  expect([ready.status, ready.json.code]).toEqual([503, 'audit-unavailable']);
  expect(ready.text).not.toContain('EIO');
  expect((await get('/healthz', '')).status).toBe(200);
  expect((await get('/v1/meta/status')).json).toMatchObject({ connected: false, last_error: 'audit-unavailable' });
  const { text } = await get('/metrics');
  expect(text).toMatch(/^cohesix_ready 0$/m);
  expect(text).toMatch(/^cohesix_lifecycle_state\{state="DEGRADED"\} 1$/m);
});

test('the bounds are those of the running hive and of this gateway', async () => {
  const { get, hive } = await start((manifest) => ({
    ...manifest,
    gateway: { ...manifest.gateway, requests_per_ticket: 7 },
  }));
  const { status, json } = await get('/v1/meta/bounds');
  expect(status).toBe(200);
  const { secure9p, schedule } = hive.manifest;
  expect(json).toMatchObject({
    manifest_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    secure9p: { msize: secure9p.msize, walk_depth: secure9p.walk_depth },
    paths: { queen_ctl: '/queen/ctl', log: '/log/queen.log' },
    control_plane: { schedule: { enable: true, queue_max_entries: schedule.queue_max } },
    observability: { proc_lease: { summary: true, summary_bytes: 512 } },
    gateway: { requests_per_ticket: 7, deadline_ms: GATEWAY_DEFAULTS.deadlineMs },
    hive: { schedule: { queue_max: schedule.queue_max }, tickets: { attach_failures: { window_failures: 3 } } },
  });
  // Every setting of the gateway is there.
  expect(Object.keys(json.gateway ?? {}).length).toBe(Object.keys(GATEWAY_DEFAULTS).length);
});

test('bounds and status need a ticket, and bounds one that sees them', async () => {
  const { get, ticketOf } = await start();
  expect((await get('/v1/meta/bounds', '')).status).toBe(401);
  expect((await get('/v1/meta/status', '')).status).toBe(401);
  const narrow = await ticketOf({ subject: 'narrow', scopes: [{ path: '/log', verbs: 'read', ratePerS: 0 }] });
  expect(await get('/v1/meta/bounds', narrow)).toMatchObject({ status: 404, json: { code: 'invalid-path' } });
});

test('the status counts what was asked', async () => {
  const { get, ask, post } = await start();
  await get('/v1/fs/ls?path=/');
  await ask('GET', '/nowhere');
  for (const ticks of [1, 1, 2]) {
    await post('/v1/control/queen/ctl', { spawn: 'heartbeat', ticks }, { 'idempotency-key': 'k' });
  }
  expect((await get('/v1/meta/status')).json).toMatchObject({
    connected: true,
    connects: 1,
    reconnects: 0,
    broker: { control_waiters: 0, telemetry_waiters: 0, timeout_rejections: 0 },
    requests: { running: 1, answered: { '2xx': 3, '4xx': 1 }, turned_away: { 'no-route': 1 } },
    sessions: { open: 1, attached: 1 },
    idempotency: { remembered: 1, first: 1, replayed: 1, mismatched: 1, refused: 0 },
  });
});
