// How changes of the segments are applied.

import { assert, unreachable } from '@cohesix/check';
import type { Device, Segment, SegmentsChange, SegmentsSlice } from './segment.ts';

/** Applies a change in place. */
export function evolveSegments(slice: SegmentsSlice, change: SegmentsChange): void {
  switch (change.kind) {
    case 'make':
      return make(slice, change.device, change.segment);
    case 'evict':
      return evict(slice.devices.get(change.device), change.numbers);
    case 'forget':
      slice.floor = Math.max(slice.floor, slice.devices.get(change.device)?.next ?? 1);
      slice.devices.delete(change.device);
      slice.forgotten += 1;
      return;
    default:
      unreachable(change);
  }
}

function make({ devices, floor }: SegmentsSlice, id: string, segment: Segment): void {
  const device = devices.get(id) ?? { segments: [], first: floor, next: floor, evicted: 0 };
  assert(segment.number === device.next, `segment ${segment.number} of ${id} is the next one`);
  device.segments.push(segment);
  device.next += 1;
  devices.set(id, device);
}

function evict(device: Device | undefined, numbers: readonly number[]): void {
  assert(device !== undefined, 'segments are evicted of a device that is known');
  const { segments } = device;
  const kept = segments.filter(({ number }) => !numbers.includes(number));
  assert(segments.length - kept.length === numbers.length, 'what is evicted is there');
  device.evicted += numbers.length;
  segments.splice(0, segments.length, ...kept);
}
