// Telemetry that devices send: `/queen/telemetry/<device>/{ctl,seg/<id>,latest,status}` (contracts-1, 4.4). Which segments there
// are is decided here, so that it replays; their bytes are files of the hive, which also shows `seg/<id>` and `status`.

import type { Capability, Names, View } from '../../types.ts';
import { SEGMENTS_EVER_MAX, segmentControls } from './ctl.ts';
import { evolveSegments } from './evolve.ts';
import { type Device, isDeviceId, type SegmentsSlice, segmentId, segmentNumber } from './segment.ts';

/** Most devices that any manifest allows; a boot with a lower maximum forgets none. */
const DEVICES_EVER_MAX = 1024;

const latest: View<SegmentsSlice> = {
  pattern: '/queen/telemetry/:device/latest',
  summary: 'Id of the newest segment of a device; empty while it has none.',
  boundBytes: 32,
  render({ devices }, { device = '' }) {
    const newest = devices.get(device)?.segments.at(-1);
    return newest === undefined ? '' : `${segmentId(newest.number)}\n`;
  },
};

/** A device can be walked to before it is known: its first line makes it known. Segments that made room say so when opened. */
const names: readonly Names<SegmentsSlice>[] = [
  {
    pattern: '/queen/telemetry/:device',
    list: ({ devices }) => devices.keys(),
    has: (_slice, name) => isDeviceId(name),
  },
  {
    pattern: '/queen/telemetry/:device/seg/:segment',
    list: ({ devices }, { device = '' }) =>
      (devices.get(device)?.segments ?? []).map(({ number }) => segmentId(number)),
    has({ devices }, name, { device = '' }) {
      const number = segmentNumber(name);
      const known = devices.get(device);
      return number !== undefined && known !== undefined && number >= known.first && number < known.next;
    },
  },
];

function invariants({ devices, floor }: Readonly<SegmentsSlice>): string[] {
  const broken: string[] = [];
  if (devices.size > DEVICES_EVER_MAX) broken.push(`segments: ${devices.size} devices are known`);
  if (floor < 1) broken.push(`segments: devices begin at ${floor}`);
  const entries = new Set<number>();
  for (const [id, device] of devices) {
    broken.push(...brokenOf(id, device));
    for (const { number, entry } of device.segments) {
      if (entries.has(entry))
        broken.push(`segments: ${id} ${segmentId(number)} is of entry ${entry} as another one is`);
      entries.add(entry);
    }
  }
  return broken;
}

function brokenOf(id: string, { segments, first, next, evicted }: Readonly<Device>): string[] {
  const broken: string[] = [];
  if (!isDeviceId(id)) broken.push(`segments: ${id} is no device id`);
  if (segments.length > SEGMENTS_EVER_MAX) broken.push(`segments: ${id} has ${segments.length}`);
  if (next - first !== segments.length + evicted)
    broken.push(`segments: ${id} had ${next - first}, has ${segments.length} and lost ${evicted}`);
  for (const [index, { number }] of segments.entries()) {
    const before = segments[index - 1]?.number ?? first - 1;
    if (number <= before || number >= next)
      broken.push(`segments: ${id} has ${number} after ${before}, before ${next}`);
  }
  return broken;
}

/** Telemetry segments: `/queen/telemetry/ctl`, `/queen/telemetry/<device>/{ctl,latest}`. */
export const segmentsCapability: Capability<SegmentsSlice> = {
  name: 'segments',
  controls: segmentControls,
  views: [latest],
  names,
  initial: () => ({ devices: new Map(), floor: 1, forgotten: 0 }),
  evolve: evolveSegments,
  invariants,
};
