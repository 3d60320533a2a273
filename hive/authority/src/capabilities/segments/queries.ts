// What others may ask about telemetry segments: the files of the hive that hold their bytes.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';
import { type Device, type Segment, type SegmentsSlice, segmentNumber } from './segment.ts';

/** The control file by which the hive says which segments made room for bytes. */
export const SEGMENTS_PATH = '/sys/segments';

/** All devices that have, or had, segments; read only. */
export function telemetryDevices(state: Readonly<State>): ReadonlyMap<string, Readonly<Device>> {
  return sliceOf<SegmentsSlice>(state, 'segments').devices;
}

/** A segment that is kept; undefined when it made room, or never was. */
export function liveSegment(state: Readonly<State>, device: string, id: string): Segment | undefined {
  const number = segmentNumber(id);
  return telemetryDevices(state)
    .get(device)
    ?.segments.find((segment) => segment.number === number);
}
