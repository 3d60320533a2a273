// `/v1/meta/bounds` (contracts-2, 7.4): the bounds of the running hive, as its `/proc/bounds` says them to the caller, and those of
// the gateway. Nothing is a compiled copy: what the ticket does not see is not there.
//
// The contract's members come first, where the hive has such a bound; `hive` is all of `/proc/bounds`, nested at the dots.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import type { ControlDoc, FileDoc, HivePort } from '../hive-port.ts';
import { type Fields, fieldsOf, numberOf } from '../metrics/fields.ts';
import type { GatewaySettings } from '../settings.ts';

type Json = Readonly<Record<string, unknown>>;

/** Where the bounds are from. */
export interface BoundsSources {
  readonly hive: Pick<HivePort, 'controls' | 'files'>;
  readonly settings: GatewaySettings;
}

/** The document, as the session of `client` sees it. Refused as a read of `/proc/bounds`. */
export async function boundsDocument(client: Pick<HiveClient, 'read'>, sources: BoundsSources): Promise<Result<Json>> {
  const bounds = await client.read('/proc/bounds');
  if (!bounds.ok) return bounds;
  const boot = await client.read('/proc/boot');
  const manifest = boot.ok ? fieldsOf(textOf(boot.value)).get('fingerprint') : undefined;
  const text = textOf(bounds.value);
  return ok({
    ...(manifest === undefined ? {} : { manifest_sha256: manifest }),
    ...contractMembers(fieldsOf(text), sources.hive),
    gateway: snakeCase(sources.settings),
    hive: nested(fieldsOf(text)),
  });
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Contract member → its bound here. A member whose bound is left out of `/proc/bounds` is left out. */
function contractMembers(bounds: Fields, { controls, files }: BoundsSources['hive']): Json {
  const at = (key: string): number | undefined => numberOf(bounds.get(key));
  const control = (pattern: string): ControlDoc | undefined => controls.find((one) => one.pattern === pattern);
  const enabled = (pattern: string, more: Json = {}): Json => ({
    enable: control(pattern) !== undefined,
    ...more,
    ctl_max_bytes: control(pattern)?.lineBytesMax,
  });
  return {
    secure9p: { msize: at('secure9p.msize'), walk_depth: at('secure9p.walk_depth') },
    console: { max_line_len: at('console.line_max_bytes'), max_ticket_len: at('tickets.token_max_bytes') },
    paths: pathsOf(controls),
    control_plane: {
      schedule: enabled('/queen/schedule/ctl', { queue_max_entries: at('schedule.queue_max') }),
      lease: enabled('/queen/lease/ctl', {
        active_max_entries: at('leases.active_max'),
        preemptions_max_entries: at('leases.preemptions_max'),
      }),
      export: enabled('/queen/export/ctl'),
    },
    policy: enabled('/policy/ctl', {
      queue_max_entries: at('policy.approvals_max'),
      queue_max_bytes: control('/actions/queue')?.lineBytesMax,
    }),
    observability: {
      proc_schedule: viewsOf(files, '/proc/schedule', ['summary', 'queue']),
      proc_lease: viewsOf(files, '/proc/lease', ['summary', 'active', 'preemptions']),
    },
    worker_runtime: { maximum_live_tasks: at('workers.max'), shard_bits: at('sharding.shard_bits') },
  };
}

const PATHS: Readonly<Record<string, string>> = {
  queen_ctl: '/queen/ctl',
  queen_lifecycle_ctl: '/queen/lifecycle/ctl',
  queen_schedule_ctl: '/queen/schedule/ctl',
  queen_lease_ctl: '/queen/lease/ctl',
  queen_export_ctl: '/queen/export/ctl',
  policy_ctl: '/policy/ctl',
};

function pathsOf(controls: readonly ControlDoc[]): Json {
  const known = new Set(controls.map(({ pattern }) => pattern));
  return { ...Object.fromEntries(Object.entries(PATHS).filter(([, path]) => known.has(path))), log: '/log/queen.log' };
}

function viewsOf(files: readonly FileDoc[], folder: string, names: readonly string[]): Json {
  const found = names.map((name) => [name, files.find(({ pattern }) => pattern === `${folder}/${name}`)] as const);
  return Object.fromEntries(
    found.flatMap(([name, file]) => [
      [name, file !== undefined],
      [`${name}_bytes`, file?.bytesMax],
    ]),
  );
}

/** `a.b=1` as `{a: {b: 1}}`; values that are no numbers stay text. */
function nested(bounds: Fields): Json {
  const root: Record<string, unknown> = {};
  for (const [key, value] of bounds) {
    const names = key.split('.');
    const last = names.pop() ?? key;
    let at = root;
    for (const name of names) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[last] = numberOf(value) ?? value;
  }
  return root;
}

/** Settings as the manifest writes them: `queueWaitMs` is `queue_wait_ms`. */
function snakeCase(settings: GatewaySettings): Json {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
