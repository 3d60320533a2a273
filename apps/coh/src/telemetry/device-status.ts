// What a hive says of the telemetry of a device: its segments, and the bounds they are under.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { type Row, rowOf } from '../rows.ts';

/** Bounds of ingest, from `/proc/bounds`. */
export interface IngestBounds {
  readonly devices_max: number;
  readonly bytes_max: number;
  readonly max_segments_per_device: number;
  readonly max_bytes_per_segment: number;
  readonly max_total_bytes_per_device: number;
  readonly max_record_bytes: number;
  readonly max_reference_entries_per_segment: number;
  readonly max_reference_manifest_bytes_per_segment: number;
  readonly max_reference_bytes_per_segment: number;
}

/** The first line of a status and the rows below it. */
export interface Status {
  readonly head: Row;
  readonly rows: readonly Row[];
}

/** The path of a segment. */
export function segmentPath(device: string, segment: string): string {
  return `/queen/telemetry/${device}/seg/${segment}`;
}

/** Reads the bounds. */
export async function ingestBounds(client: HiveClient): Promise<Result<IngestBounds>> {
  const text = await client.read('/proc/bounds');
  if (!text.ok) return text;
  const found: Record<string, number> = {};
  for (const line of new TextDecoder().decode(text.value).split('\n')) {
    const [, name, value] = /^telemetry_ingest\.(\w+)=(\d+)$/.exec(line) ?? [];
    if (name !== undefined) found[name] = Number(value);
  }
  if (found.max_bytes_per_segment === undefined) return refuse('unsupported', 'This hive takes no telemetry segments.');
  return ok(found as unknown as IngestBounds);
}

/** Longest status that is read. */
const STATUS_BYTES_MAX = 1 << 20;

/** Reads the status of a device, or of all devices. */
export async function statusOf(client: HiveClient, device?: string): Promise<Result<Status>> {
  const path = device === undefined ? '/queen/telemetry/status' : `/queen/telemetry/${device}/status`;
  const text = await client.read(path, { maxBytes: STATUS_BYTES_MAX });
  if (!text.ok) return text;
  const [head = '', ...rows] = new TextDecoder()
    .decode(text.value)
    .split('\n')
    .filter((line) => line !== '');
  return ok({ head: rowOf(head), rows: rows.map(rowOf) });
}
