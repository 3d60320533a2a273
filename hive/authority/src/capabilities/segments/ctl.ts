// The control files of telemetry segments: a device asks for a segment, an operator forgets a device, the hive says what made
// room. Source: contracts-1, 4.4 and 5.4; `name`, `bytes` and forgetting are ours.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import type { Acceptance, Control, Decision, Effect, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { SEGMENTS_PATH } from './queries.ts';
import {
  DEVICE_PATTERN,
  type Device,
  isDeviceId,
  type Segment,
  type SegmentsSlice,
  segmentId,
  segmentsChange,
} from './segment.ts';

const closed = { additionalProperties: false } as const;

/** Most segments that any manifest keeps of a device. */
export const SEGMENTS_EVER_MAX = 64;

const newLine = Type.Object(
  {
    new: Type.Literal('segment'),
    mime: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'What the records are.' })),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'What the artefact is called.' })),
    bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Bytes of the artefact that its references stand for when it is whole.',
      }),
    ),
  },
  { ...closed, description: 'Begins a segment; the hive names it.' },
);

type NewLine = Static<typeof newLine>;

const deviceControl: Control<SegmentsSlice, NewLine> = {
  pattern: '/queen/telemetry/:device/ctl',
  summary: 'Begins a telemetry segment, whose name comes back as `seg_id`; the first one makes the device known.',
  schema: newLine,
  writers: ['queen', 'system'],
  gate: () => 'telemetry-ingest',
  examples: [
    '{"new":"segment","mime":"text/plain"}',
    '{"new":"segment","mime":"application/octet-stream","name":"flight.bag","bytes":1073741824}',
  ],
  decide: decideNew,
};

function decideNew(
  { devices, floor }: Readonly<SegmentsSlice>,
  { value, params, seq, at }: ParsedCommand<NewLine>,
  state: Readonly<State>,
): Decision {
  const id = params.device ?? '';
  if (!isDeviceId(id))
    return reject('invalid-path', `${JSON.stringify(id)} is no name of a device: ${DEVICE_PATTERN}.`);
  const limits = manifestIn(state).telemetry_ingest;
  const device = devices.get(id);
  if (device === undefined && devices.size >= limits.devices_max)
    return reject('buffer-full', `telemetry_ingest.devices_max is ${limits.devices_max} and as many are known.`);
  const surplus = (device?.segments.length ?? 0) + 1 - limits.max_segments_per_device;
  if (surplus > 0 && limits.eviction_policy === 'refuse')
    return reject(
      'buffer-full',
      `telemetry_ingest.max_segments_per_device is ${limits.max_segments_per_device}, ${id} has as many, and the policy is refuse.`,
    );
  const gone = surplus > 0 && device !== undefined ? device.segments.slice(0, surplus) : [];
  const segment: Segment = {
    number: device?.next ?? floor,
    mime: value.mime ?? null,
    name: value.name ?? null,
    bytes: value.bytes ?? null,
    entry: seq,
    at,
  };
  const made = segmentId(segment.number);
  const room = evicting(id, gone, made);
  return accept({
    ...room,
    changes: [...room.changes, segmentsChange({ kind: 'make', device: id, segment })],
    log: [`telemetry segment created device=${id} segment=${made}`, ...(room.log ?? [])],
    reply: { device: id, seg_id: made },
  });
}

/** Takes segments away to make room for another; nothing when there are none. */
function evicting(device: string, gone: readonly Segment[], room: string): Acceptance {
  if (gone.length === 0) return accept({});
  const numbers = gone.map(({ number }) => number);
  return accept({
    changes: [segmentsChange({ kind: 'evict', device, numbers })],
    effects: [removal(device, gone)],
    log: [`telemetry segments evicted device=${device} segments=${numbers.map(segmentId).join(',')} for=${room}`],
  });
}

/** Removes the files; found by the entries that made the segments. */
function removal(device: string, gone: readonly Segment[]): Effect {
  return { kind: 'segments.remove', device, entries: gone.map(({ entry }) => entry) };
}

const forgetLine = Type.Object(
  {
    forget: Type.Object({ device: Type.String({ pattern: DEVICE_PATTERN, description: 'Id of the device.' }) }, closed),
  },
  { ...closed, description: 'Forgets a device with all its segments; their names are not used again.' },
);

type ForgetLine = Static<typeof forgetLine>;

const hiveControl: Control<SegmentsSlice, ForgetLine> = {
  pattern: '/queen/telemetry/ctl',
  summary: 'Forgets a device that does not send any more, so that another one finds room.',
  schema: forgetLine,
  writers: ['queen', 'system'],
  examples: ['{"forget":{"device":"cam-1"}}'],
  decide: decideForget,
};

function decideForget({ devices }: Readonly<SegmentsSlice>, { value }: ParsedCommand<ForgetLine>): Decision {
  const id = value.forget.device;
  const device = devices.get(id);
  if (device === undefined) return reject('not-found', `No device ${id}; see /queen/telemetry/status.`);
  const { segments } = device;
  return accept({
    changes: [segmentsChange({ kind: 'forget', device: id })],
    effects: segments.length === 0 ? [] : [removal(id, segments)],
    log: [`telemetry device forgotten device=${id} segments=${segments.length}`],
    reply: { device: id, segments: segments.length },
  });
}

const numbers = Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
  minItems: 1,
  maxItems: SEGMENTS_EVER_MAX,
  description: 'Their numbers.',
});

const evictedLine = Type.Object(
  {
    evicted: Type.Object(
      {
        device: Type.String({ pattern: DEVICE_PATTERN, description: 'Id of the device.' }),
        segments: numbers,
        for: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'The one that needs room.' }),
      },
      closed,
    ),
  },
  { ...closed, description: 'Segments make room for the bytes of another.' },
);

type EvictedLine = Static<typeof evictedLine>;

const systemControl: Control<SegmentsSlice, EvictedLine> = {
  pattern: SEGMENTS_PATH,
  summary: 'What the store of segments does: those that make room for bytes of another one of their device.',
  schema: evictedLine,
  writers: ['system'],
  examples: ['{"evicted":{"device":"cam-1","segments":[1],"for":2}}'],
  decide: decideEvicted,
};

/** What has gone already is left out: the line may have been decided late. */
function decideEvicted({ devices }: Readonly<SegmentsSlice>, { value }: ParsedCommand<EvictedLine>): Decision {
  const { device: id, segments, for: room } = value.evicted;
  const device: Readonly<Device> | undefined = devices.get(id);
  const gone = (device?.segments ?? []).filter(({ number }) => number !== room && segments.includes(number));
  return evicting(id, gone, segmentId(room));
}

/** The control files. */
export const segmentControls: readonly Control<SegmentsSlice, never>[] = [
  deviceControl,
  hiveControl,
  systemControl,
] as readonly Control<SegmentsSlice, never>[];
