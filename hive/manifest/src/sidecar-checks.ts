// What must hold between the fields of `[sidecars]` (contracts-2, section 6.2), and between them and the rest.

import type { Problem } from './conform.ts';
import { loraAirtimeUs, loraBudgetUs } from './lora-airtime.ts';
import type { Manifest } from './schema.ts';
import type { BusAdapter, LoraAdapter, Sidecars } from './sidecars.ts';

/** Bytes that all spools and tamper logs may take together: the source's own budget of 16 KiB, for a machine of today. */
export const SIDECAR_BYTES_MAX: number = 4 * 1024 * 1024;
/** What a tamper entry counts there, bytes. */
const TAMPER_BYTES = 128;

/** What is wrong at a field, and the fields it depends on. */
type Finding = Problem & { readonly reads: readonly string[] };

/** An adapter and where it stands in the file. */
type Placed<Adapter> = { readonly adapter: Adapter; readonly path: string };

/** Enabled without an adapter is a mistake in the file, not a choice. */
export function checkAdapters({ sidecars }: Manifest): readonly Finding[] {
  return (['modbus', 'dnp3', 'lora'] as const)
    .filter((kind) => sidecars[kind].enable && sidecars[kind].adapters.length === 0)
    .map((kind) => ({
      path: `sidecars.${kind}.adapters`,
      message: 'is empty, and enable is true',
      hint: 'list an adapter, or set enable = false',
      reads: [`sidecars.${kind}.enable`],
    }));
}

/** Each name is given once: ids and scopes over all sidecars, mounts in their tree. */
export function checkNames({ sidecars }: Manifest): readonly Finding[] {
  const [buses, radios] = [busesIn(sidecars), radiosIn(sidecars)];
  return [
    ...repeated([...buses, ...radios], 'id'),
    ...repeated([...buses, ...radios], 'scope'),
    ...repeated(buses, 'mount'),
    ...repeated(radios, 'mount'),
  ];
}

function repeated(
  placed: readonly Placed<BusAdapter | LoraAdapter>[],
  field: 'id' | 'mount' | 'scope',
): readonly Finding[] {
  const first = new Map<string, string>();
  return placed.flatMap(({ adapter, path }) => {
    const name = adapter[field];
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, path);
    if (earlier === undefined) return [];
    const message = `"${name}" is the ${field} of ${earlier} too`;
    const hint = `give each adapter its own ${field}`;
    return [{ path: `${path}.${field}`, message, hint, reads: [`${earlier}.${field}`] }];
  });
}

/** What a ticket's subject leads to is found by its name alone, without a table. */
export function checkScopes({ sidecars }: Manifest): readonly Finding[] {
  return [...busesIn(sidecars), ...radiosIn(sidecars)]
    .filter(({ adapter }) => adapter.scope !== adapter.mount)
    .map(({ adapter, path }) => ({
      path: `${path}.scope`,
      message: `is "${adapter.scope}", and mount is "${adapter.mount}"`,
      hint: 'make them the same; leave both out and they are the id',
      reads: [`${path}.mount`],
    }));
}

/** A serial line has a speed. */
export function checkBaud({ sidecars }: Manifest): readonly Finding[] {
  return busesIn(sidecars)
    .filter(({ adapter }) => adapter.link === 'serial' && adapter.baud === 0)
    .map(({ path }) => ({
      path: `${path}.baud`,
      message: 'is 0, and link is serial',
      hint: 'give the speed of the line, or set link = "tcp"',
      reads: [`${path}.link`],
    }));
}

/** A replayed spool is in the stream as a whole, and all of them together are bounded. */
export function checkSpools({ sidecars, telemetry }: Manifest): readonly Finding[] {
  const ring = telemetry.ring_bytes_per_worker;
  const buses = busesIn(sidecars);
  const large = buses
    .filter(({ adapter }) => adapter.spool.max_bytes > ring)
    .map(({ adapter, path }) => ({
      path: `${path}.spool.max_bytes`,
      message: `is ${adapter.spool.max_bytes}, more than telemetry.ring_bytes_per_worker (${ring})`,
      hint: 'lower it, or raise telemetry.ring_bytes_per_worker',
      reads: ['telemetry.ring_bytes_per_worker'],
    }));
  const kept = buses.reduce((sum, { adapter }) => sum + adapter.spool.max_bytes, 0);
  const told = radiosIn(sidecars).reduce((sum, { adapter }) => sum + adapter.tamper_log_max_entries * TAMPER_BYTES, 0);
  if (kept + told <= SIDECAR_BYTES_MAX) return large;
  const message = `makes spools and tamper logs ${kept + told} bytes; at most ${SIDECAR_BYTES_MAX} together`;
  return [...large, { path: 'sidecars', message, hint: 'lower spool.max_bytes of the adapters', reads: [] }];
}

/** A radio whose window has no time for its largest payload would refuse it for ever. */
export function checkWindows({ sidecars }: Manifest): readonly Finding[] {
  return radiosIn(sidecars).flatMap(({ adapter, path }) => {
    const { region, max_payload_bytes: bytes } = adapter;
    const [needed, given] = [loraAirtimeUs(region, bytes), loraBudgetUs(adapter)];
    if (needed <= given) return [];
    const message = `gives ${given} µs on the air; one payload of ${bytes} bytes takes ${needed} in ${region}`;
    const hint = 'make the window longer, the part of it larger, or the largest payload smaller';
    const reads = ['duty_cycle_percent', 'region', 'max_payload_bytes'].map((field) => `${path}.${field}`);
    return [{ path: `${path}.window_ms`, message, hint, reads }];
  });
}

function busesIn({ modbus, dnp3 }: Sidecars): readonly Placed<BusAdapter>[] {
  return [...placed(modbus.adapters, 'modbus'), ...placed(dnp3.adapters, 'dnp3')];
}

function radiosIn({ lora }: Sidecars): readonly Placed<LoraAdapter>[] {
  return placed(lora.adapters, 'lora');
}

function placed<Adapter>(adapters: readonly Adapter[], kind: keyof Sidecars): readonly Placed<Adapter>[] {
  return adapters.map((adapter, index) => ({ adapter, path: `sidecars.${kind}.adapters[${index}]` }));
}
