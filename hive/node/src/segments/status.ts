// `/queen/telemetry/status` and `/queen/telemetry/<device>/status`: what there is, what is left, what went.

import { type Fields, type Segment, segmentId, telemetryDevices, type ViewRecord } from '@cohesix/authority';
import type { DataHive } from '../data.ts';
import type { SegmentStore } from './store.ts';

/** Bytes of a status: 1024 devices of at most 200, or 64 segments with names of 128 escaped characters. */
export const STATUS_BYTES_MAX = 262_144;

type StatusHive = Pick<DataHive, 'manifest' | 'shown'>;

/** All devices. */
export function hiveRecord({ manifest, shown }: StatusHive, store: SegmentStore): ViewRecord {
  const { devices_max, bytes_max, eviction_policy } = manifest.telemetry_ingest;
  const devices = [...telemetryDevices(shown())].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    word: 'telemetry',
    fields: { devices: devices.length, devices_max, bytes: store.bytes, bytes_max, policy: eviction_policy },
    rows: {
      name: 'devices',
      word: 'device',
      each: devices.map(([id, { segments, evicted }]) => ({
        id,
        segments: segments.length,
        bytes: durableBytes(store, id, segments),
        latest: latestOf(segments),
        evicted,
      })),
    },
  };
}

/** One device and its segments, oldest first. */
export function deviceRecord({ manifest, shown }: StatusHive, store: SegmentStore, id: string): ViewRecord {
  const limits = manifest.telemetry_ingest;
  const { segments = [], evicted = 0 } = telemetryDevices(shown()).get(id) ?? {};
  return {
    word: 'device',
    fields: {
      id,
      segments: segments.length,
      segments_max: limits.max_segments_per_device,
      bytes: durableBytes(store, id, segments),
      bytes_max: limits.max_total_bytes_per_device,
      latest: latestOf(segments),
      evicted,
      policy: limits.eviction_policy,
    },
    rows: { name: 'segments', word: 'segment', each: segments.map((segment) => segmentFields(store, id, segment)) },
  };
}

/** `whole`: what its writer said that the references stand for in the end is there. */
function segmentFields(store: SegmentStore, device: string, segment: Segment): Fields {
  const log = store.logOf(device, segment);
  const { kind, bytes, records, seq, referenced } = log.content;
  const whole = segment.bytes === null ? 'unknown' : segment.bytes === referenced ? 'yes' : 'no';
  return {
    id: segmentId(segment.number),
    kind: log.isLost ? 'damaged' : kind,
    bytes,
    records,
    seq,
    referenced,
    whole,
    whole_bytes: segment.bytes ?? 'none',
    mime: segment.mime ?? 'none',
    name: segment.name ?? 'none',
    made_ms: segment.at,
  };
}

function durableBytes(store: SegmentStore, device: string, segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + store.logOf(device, segment).content.bytes, 0);
}

function latestOf(segments: readonly Segment[]): string {
  const newest = segments.at(-1);
  return newest === undefined ? 'none' : segmentId(newest.number);
}
