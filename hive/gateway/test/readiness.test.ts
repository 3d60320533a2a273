// Health and readiness of a gateway whose hive takes no changes.

import { ok, type Result, refuse } from '@cohesix/wire';
import { expect, test } from 'vitest';
import { type HivePort, startGateway } from '../src/index.ts';
import { Readiness } from '../src/meta/readiness.ts';

test('a hive that takes no changes is not ready; the gateway is still healthy, and says why to who may know', async () => {
  let state: Result<void> = refuse('audit-unavailable', 'ENOSPC: /secret/place');
  const hive = portWith(async () => state);
  const started = await startGateway({ hive, listen: { host: '127.0.0.1', port: 0 } });
  if (!started.ok) throw new Error(started.refusal.detail);
  const gateway = started.value;
  try {
    const ready = async (): Promise<[number, string]> => {
      const response = await fetch(`${gateway.url}/readyz`);
      return [response.status, await response.text()];
    };
    const [status, text] = await ready();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ code: 'audit-unavailable', status: 503 });
    expect(text).not.toContain('secret');
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    state = ok(undefined);
    expect((await ready())[0]).toBe(200);
  } finally {
    await gateway.close();
  }
});

test('what was noticed of the hive: when it changed, why it was away, how often it came back', async () => {
  let state: Result<void> = ok(undefined);
  let now = 1000;
  const readiness = new Readiness({ ready: async () => state }, () => now);
  await readiness.ask();
  now = 2000;
  await readiness.ask();
  expect(readiness.noticed).toEqual({ lastError: undefined, changedAtMs: 1000, recoveries: 0 });
  state = refuse('unreachable');
  await readiness.ask();
  state = ok(undefined);
  now = 3000;
  await readiness.ask();
  expect(readiness.noticed).toEqual({ lastError: 'unreachable', changedAtMs: 3000, recoveries: 1 });
});

function portWith(ready: HivePort['ready']): HivePort {
  const nobody = async () => refuse('unreachable');
  return { attach: nobody, ninep: nobody, ready, controls: [], files: [] };
}
