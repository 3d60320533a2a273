// Telemetry segments of devices, as the authority knows them: which there are and which were. Their bytes lie in files of the hive
// (`hive/node/src/segments/`); a segment without a file is empty.
//
//   device   first ……………… next        ids are numbers of one device, never used again
//              │ evicted │ live │

import type { Change } from '../../types.ts';

/** A segment that is kept. */
export interface Segment {
  /** Its number; `segmentId`. */
  readonly number: number;
  readonly mime: string | null;
  /** What its writer calls the artefact. */
  readonly name: string | null;
  /** Bytes of the whole artefact, as its writer says; null: not said. */
  readonly bytes: number | null;
  /** Journal entry that made it: no other segment of any device has it. */
  readonly entry: number;
  /** When, ms. */
  readonly at: number;
}

/** A device that sends. */
export interface Device {
  /** In the order of their numbers. */
  readonly segments: Segment[];
  /** Number of its first segment. */
  readonly first: number;
  /** Number of its next segment. */
  next: number;
  /** Segments that made room. */
  evicted: number;
}

/** All devices by id. */
export interface SegmentsSlice {
  readonly devices: Map<string, Device>;
  /** Number of the first segment of a device that comes: above all that a forgotten one had. */
  floor: number;
  /** Devices that were forgotten. */
  forgotten: number;
}

/** A change of the segments. */
export type SegmentsChange =
  | { readonly kind: 'make'; readonly device: string; readonly segment: Segment }
  | { readonly kind: 'evict'; readonly device: string; readonly numbers: readonly number[] }
  | { readonly kind: 'forget'; readonly device: string };

/** Wraps a change with its owner. */
export function segmentsChange(change: SegmentsChange): Change {
  return { capability: 'segments', change };
}

/** The id of a segment: `seg-000001`. */
export function segmentId(number: number): string {
  return `seg-${String(number).padStart(6, '0')}`;
}

/** The number in an id; undefined when it is none. */
export function segmentNumber(id: string): number | undefined {
  const number = /^seg-\d{6,15}$/.test(id) ? Number(id.slice(4)) : 0;
  return number > 0 && segmentId(number) === id ? number : undefined;
}

/** What a device id looks like: also a file name and a word of a line. */
export const DEVICE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

/** Names under `/queen/telemetry` that are files. */
const RESERVED: ReadonlySet<string> = new Set(['ctl', 'status']);

const DEVICE = new RegExp(DEVICE_PATTERN);

/** Whether a name can be that of a device. */
export function isDeviceId(name: string): boolean {
  return DEVICE.test(name) && !RESERVED.has(name);
}
