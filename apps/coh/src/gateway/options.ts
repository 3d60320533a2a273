// What a manifest says about gateways, as the gateway takes it.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GATEWAY_DEFAULTS, type GatewayOptions, type GatewaySettings } from '@cohesix/gateway';
import type { Manifest } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';

/** The part of `GatewayOptions` that is in a manifest. */
export type ManifestOptions = Pick<GatewayOptions, 'hosts' | 'origins' | 'otlp'> & {
  readonly settings: GatewaySettings;
};

/** Options of `startGateway` by a manifest, whose files are relative to `directory`; without a manifest: the defaults. */
export function gatewayOptions(manifest: Manifest | undefined, directory = '.'): ManifestOptions {
  if (manifest === undefined) return { settings: GATEWAY_DEFAULTS };
  const { gateway, hive } = manifest;
  const { hosts, origins, otlp_url: url, otlp_interval_ms: intervalMs, otlp_ticket: file } = gateway;
  const ticket = (): Promise<Result<string>> => readTicket(resolve(directory, file));
  const otlp = url === '' ? undefined : { url, intervalMs, ticket, instance: hive.name };
  return { settings: settingsOf(gateway), hosts, origins, otlp };
}

/** Each field of the section has the name of its setting, spelled as in `hive.toml`. */
function settingsOf(section: Manifest['gateway']): GatewaySettings {
  const fields = section as unknown as Readonly<Record<string, unknown>>;
  const names = Object.keys(GATEWAY_DEFAULTS) as readonly (keyof GatewaySettings)[];
  const given = names.map((name) => [name, fields[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]]);
  return { ...GATEWAY_DEFAULTS, ...Object.fromEntries(given.filter(([, value]) => typeof value === 'number')) };
}

async function readTicket(path: string): Promise<Result<string>> {
  try {
    return ok((await readFile(path, 'utf8')).trim());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refuse('unauthenticated', `The ticket file of gateway.otlp_ticket cannot be read (${code}).`);
  }
}
