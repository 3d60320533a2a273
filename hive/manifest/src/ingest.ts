// The section about telemetry that devices send: [telemetry_ingest]. Names and sizes of contracts-2 section 6.1 and contracts-1
// section 4.4; `devices_max` and `bytes_max` bound the whole hive, which the source does not.

import { choice, int, KIB, MIB, type Table, table } from './field.ts';

/** What becomes of the oldest segment when there is no room: it goes, or the new one is refused. */
export type EvictionPolicy = 'refuse' | 'evict-oldest';

/** `[telemetry_ingest]`: segments under `/queen/telemetry`. */
export interface TelemetryIngest {
  readonly devices_max: number;
  readonly bytes_max: number;
  readonly max_segments_per_device: number;
  readonly max_bytes_per_segment: number;
  readonly max_total_bytes_per_device: number;
  readonly max_record_bytes: number;
  readonly eviction_policy: EvictionPolicy;
  readonly max_reference_entries_per_segment: number;
  readonly max_reference_manifest_bytes_per_segment: number;
  readonly max_reference_bytes_per_segment: number;
}

const GIB = KIB * MIB;

/** Schema of `[telemetry_ingest]`. */
export const telemetryIngest: Table<TelemetryIngest> = table<TelemetryIngest>(
  'Telemetry that devices send, in segments under `/queen/telemetry`.',
  {
    devices_max: int({ is: 256, min: 0, max: 1024 }, 'Devices that have segments; 0: no device may send.'),
    bytes_max: int({ is: 64 * MIB, min: KIB, max: GIB }, 'Bytes of the segments of all devices together.'),
    max_segments_per_device: int({ is: 4, min: 1, max: 64 }, 'Segments that are kept of one device.'),
    max_bytes_per_segment: int({ is: 128 * KIB, min: 64, max: 16 * MIB }, 'Bytes of one segment.'),
    max_total_bytes_per_device: int({ is: 512 * KIB, min: 64, max: GIB }, 'Bytes of all segments of one device.'),
    max_record_bytes: int({ is: 4 * KIB, min: 64, max: 4 * KIB }, 'Bytes of one record, its LF included.'),
    eviction_policy: choice<EvictionPolicy>(
      { is: 'evict-oldest', of: ['refuse', 'evict-oldest'] },
      'What happens when a device has no room: its oldest segment goes, or the line is refused.',
    ),
    max_reference_entries_per_segment: int({ is: 1024, min: 1, max: 16_384 }, 'References in one segment.'),
    max_reference_manifest_bytes_per_segment: int(
      { is: 128 * KIB, min: 64, max: 16 * MIB },
      'Bytes of the references of one segment; its own bound holds too.',
    ),
    max_reference_bytes_per_segment: int(
      { is: 16 * GIB, min: 1, max: 1024 * GIB },
      'Bytes that the references of one segment may stand for; they are not kept here.',
    ),
  },
);
