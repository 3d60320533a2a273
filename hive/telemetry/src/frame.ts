// telemetry-frame/v1: what a worker appends to its telemetry where the manifest says `frame_schema = "cbor-v1"`. Source:
// contracts-1 sections 4.5 and 5.4.
//
//   { seq: uint, role: text, schema: "telemetry-frame/v1", payload: map, worker_id: text, emitted_ms: uint }
//
// All six are there, none else, and in this order, which is the one of deterministic CBOR (RFC 8949, 4.2.1). An append is one
// frame or several, one after the other: a CBOR sequence (RFC 8742). Who appends must be who the frames say, and `seq` must
// grow: a worker that lies, or a second one under the same name, is refused.

import { type CborMap, CborWalk, encodeCbor, encodeUtf8 } from '@cohesix/bytes';
import { ok, type Result, refuse } from '@cohesix/wire';

/** `schema` of a frame. */
export const FRAME_SCHEMA = 'telemetry-frame/v1';
/** Bytes of one frame; the source's bound of a telemetry record. */
export const FRAME_BYTES_MAX = 4096;

/** Fields of a frame but for the schema. */
export interface Frame {
  readonly worker_id: string;
  /** `worker-heartbeat`, `worker-host`, … */
  readonly role: string;
  /** Grows from frame to frame of a worker. */
  readonly seq: number;
  /** Ms since the epoch by the worker's clock. */
  readonly emitted_ms: number;
  readonly payload: CborMap;
}

/** The bytes of a frame. Throws RangeError when it takes over 1 MiB; `checkFrames` says whether it is short enough. */
export function encodeFrame(frame: Frame): Uint8Array {
  return encodeCbor({ schema: FRAME_SCHEMA, ...frame });
}

/** Whose frames are looked at. */
export interface FrameWriter {
  readonly worker: string;
  readonly role: string;
  /** `seq` of the last frame before; -1 before the first. */
  readonly seq: number;
}

/** What an append of frames holds. */
export interface Frames {
  /** The frames, without a LF that a door put behind them. Borrowed. */
  readonly bytes: Uint8Array;
  /** Bytes of each. */
  readonly sizes: readonly number[];
  /** `seq` of the last one. */
  readonly seq: number;
}

const HEAD = 0xa6;
const LF = 0x0a;
const SCHEMA = encodeUtf8(FRAME_SCHEMA);
const KEYS = {
  seq: encodeUtf8('seq'),
  role: encodeUtf8('role'),
  schema: encodeUtf8('schema'),
  payload: encodeUtf8('payload'),
  worker_id: encodeUtf8('worker_id'),
  emitted_ms: encodeUtf8('emitted_ms'),
} as const;

/**
 * Looks at what a worker appends. Refuses with `invalid-payload` what is no sequence of frames, with `too-big` a frame over
 * `FRAME_BYTES_MAX`, with `denied` one of another worker or role, with `stale` one whose `seq` does not grow. Nothing at all
 * is no frame. A lone LF at the end is left out: doors end what has none with one, and it is never a frame.
 */
export function checkFrames(bytes: Uint8Array, writer: FrameWriter): Result<Frames> {
  const names = { worker: encodeUtf8(writer.worker), role: encodeUtf8(writer.role) };
  const walk = new CborWalk(bytes);
  const sizes: number[] = [];
  let { seq } = writer;
  while (walk.at < bytes.length && !isLoneLf(bytes, walk.at)) {
    const start = walk.at;
    const found = frame(walk, names);
    if (!found.ok) return found;
    const size = walk.at - start;
    if (size > FRAME_BYTES_MAX)
      return refuse('too-big', `Frame ${sizes.length} has ${size} bytes, over ${FRAME_BYTES_MAX}.`);
    if (found.value <= seq) return refuse('stale', `Frame ${sizes.length} has seq ${found.value}, not above ${seq}.`);
    seq = found.value;
    sizes.push(size);
  }
  return ok({ bytes: walk.at === bytes.length ? bytes : bytes.subarray(0, walk.at), sizes, seq });
}

/** Bytes of each frame of a sequence, whoever they are of; undefined when it is none. */
export function frameSizes(bytes: Uint8Array): readonly number[] | undefined {
  const walk = new CborWalk(bytes);
  const sizes: number[] = [];
  while (walk.at < bytes.length && walk.failure === '') {
    const start = walk.at;
    walk.map();
    sizes.push(walk.at - start);
  }
  return walk.failure === '' ? sizes : undefined;
}

function isLoneLf(bytes: Uint8Array, at: number): boolean {
  return at === bytes.length - 1 && bytes[at] === LF;
}

interface Names {
  readonly worker: Uint8Array;
  readonly role: Uint8Array;
}

/** Steps over one frame; its `seq`. */
function frame(walk: CborWalk, names: Names): Result<number> {
  if (walk.bytes[walk.at] !== HEAD) walk.fail(`no ${FRAME_SCHEMA} (a map of six fields)`);
  else walk.at += 1;
  key(walk, 'seq');
  const seq = walk.uint();
  key(walk, 'role');
  const isRole = walk.isText(names.role);
  key(walk, 'schema');
  if (!walk.isText(SCHEMA)) walk.fail(`a schema other than ${FRAME_SCHEMA}`);
  key(walk, 'payload');
  walk.map();
  key(walk, 'worker_id');
  const isWorker = walk.isText(names.worker);
  key(walk, 'emitted_ms');
  walk.uint();
  if (walk.failure !== '') return refuse('invalid-payload', `The bytes are no frames: ${walk.failure}.`);
  if (!isWorker) return refuse('denied', 'A frame has the worker_id of another worker.');
  return isRole ? ok(seq) : refuse('denied', 'A frame has a role that its worker does not have.');
}

function key(walk: CborWalk, name: keyof typeof KEYS): void {
  if (walk.failure === '' && !walk.isText(KEYS[name])) walk.fail(`no ${name}, which comes here`);
}
