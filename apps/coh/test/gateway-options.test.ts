// What `[gateway]` of a manifest becomes at the gateway.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATEWAY_DEFAULTS } from '@cohesix/gateway';
import { defaultManifest } from '@cohesix/manifest';
import { expect, it } from 'vitest';
import { gatewayOptions } from '../src/gateway/options.ts';

it('has the gateway’s defaults for a manifest that says nothing', () => {
  const { settings, hosts, origins, otlp } = gatewayOptions(defaultManifest());
  expect(settings).toEqual(GATEWAY_DEFAULTS);
  expect([hosts, origins, otlp]).toEqual([[], [], undefined]);
  expect(gatewayOptions(undefined).settings).toEqual(GATEWAY_DEFAULTS);
});

it('takes every field of the section', () => {
  const manifest = defaultManifest();
  const others = Object.fromEntries(
    Object.entries(manifest.gateway).map(([name, value]) => [name, typeof value === 'number' ? value + 1 : value]),
  ) as unknown as typeof manifest.gateway;
  const { settings } = gatewayOptions({ ...manifest, gateway: others });
  for (const [name, value] of Object.entries(settings))
    expect([name, value]).toEqual([name, GATEWAY_DEFAULTS[name as keyof typeof GATEWAY_DEFAULTS] + 1]);
});

it('reads the ticket for a collector when it is needed, from the data directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-options-'));
  try {
    const manifest = defaultManifest();
    const gateway = { ...manifest.gateway, otlp_url: 'http://127.0.0.1:4318/v1/metrics', otlp_ticket: 'otlp.ticket' };
    const { otlp } = gatewayOptions({ ...manifest, gateway }, directory);
    expect(await otlp?.ticket()).toMatchObject({ ok: false, refusal: { code: 'unauthenticated' } });
    writeFileSync(join(directory, 'otlp.ticket'), 'a-ticket\n');
    expect(await otlp?.ticket()).toEqual({ ok: true, value: 'a-ticket' });
    expect(otlp).toMatchObject({ url: gateway.otlp_url, intervalMs: gateway.otlp_interval_ms });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
