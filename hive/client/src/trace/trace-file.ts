// The `.trace` file, version 1: what was said over 9P and how the shell's lines ended. Little endian:
//
//   magic[8] 'COHTRACE'  version[1] 1  reserved[1] 0  nframe[4]  nack[4]
//   nframe*(nrequest[4] request[nrequest] nresponse[4] response[nresponse])
//   nack*(nline[4] line[nline])
//   sha256[32] of everything before it
//
// The digest has no key: it finds damage, not forgery. The reserved byte is written as 0 and not looked at. Source:
// cohesix contracts, section 10.1. SHA-256 is passed in, so that a browser reads traces too.

import { ByteReader, ByteWriter, encodeUtf8, utf8Length } from '@cohesix/bytes';
import { assert } from '@cohesix/check';

/** Most bytes of a file (`trace.max_bytes`). */
export const TRACE_BYTES_MAX: number = 1 << 20;
/** Most bytes of a request and of a response (Secure9P's msize). */
export const TRACE_FRAME_BYTES_MAX = 8192;
/** Most bytes of an acknowledgement. */
export const TRACE_ACK_BYTES_MAX = 256;

const MAGIC: Uint8Array = encodeUtf8('COHTRACE');
const VERSION = 1;
const HEADER_BYTES = 18;
const DIGEST_BYTES = 32;

/** Bytes of a trace without frames and acknowledgements: the smallest. */
export const TRACE_BYTES_MIN: number = HEADER_BYTES + DIGEST_BYTES;

/** SHA-256 of `data`, 32 bytes. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/**
 * A request and what was answered, whole 9P messages. An empty response: it was never answered. Recorders of the
 * source system keep several messages in one.
 */
export interface TraceExchange {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** What a file holds. */
export interface Trace {
  readonly exchanges: readonly TraceExchange[];
  /** OK, ERR and END lines in the order in which they were printed. */
  readonly acks: readonly string[];
}

/** Why bytes are no trace, or a trace does not fit the format. */
export type TraceFault =
  | 'too-large'
  | 'truncated'
  | 'hash-mismatch'
  | 'bad-magic'
  | 'unsupported-version'
  | 'frame-too-large'
  | 'ack-too-large'
  | 'invalid-utf8'
  | 'invalid-length';

/** A sentence for each fault. */
export const TRACE_FAULTS: Readonly<Record<TraceFault, string>> = {
  'too-large': `A trace has at most ${TRACE_BYTES_MAX} bytes.`,
  truncated: 'The trace ends too early.',
  'hash-mismatch': 'The trace was altered or is damaged: its SHA-256 is not that of its content.',
  'bad-magic': 'This is no trace: it does not begin with COHTRACE.',
  'unsupported-version': `The trace has another version than ${VERSION}.`,
  'frame-too-large': `A frame of the trace has more than ${TRACE_FRAME_BYTES_MAX} bytes.`,
  'ack-too-large': `An acknowledgement of the trace has more than ${TRACE_ACK_BYTES_MAX} bytes.`,
  'invalid-utf8': 'An acknowledgement of the trace is not UTF-8.',
  'invalid-length': 'The trace goes on after its last record.',
};

/** A value, or what is wrong. */
export type TraceResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: TraceFault };

/** Bytes that an exchange takes in a file. */
export function exchangeBytes({ request, response }: TraceExchange): number {
  return 4 + request.length + 4 + response.length;
}

/** Bytes that an acknowledgement takes in a file. */
export function ackBytes(line: string): number {
  return 4 + utf8Length(line);
}

/** The file of a trace, in a new array. Faults: `too-large`, `frame-too-large`, `ack-too-large`. */
export function encodeTrace(trace: Trace, sha256: Sha256): TraceResult<Uint8Array> {
  const { exchanges, acks } = trace;
  const isOver = (frame: Uint8Array): boolean => frame.length > TRACE_FRAME_BYTES_MAX;
  if (exchanges.some(({ request, response }) => isOver(request) || isOver(response))) return faulty('frame-too-large');
  if (acks.some((line) => utf8Length(line) > TRACE_ACK_BYTES_MAX)) return faulty('ack-too-large');
  const writer = new ByteWriter({ sizeMax: TRACE_BYTES_MAX });
  writeHeader(writer, trace);
  for (const { request, response } of exchanges) {
    writeBytes(writer, request);
    writeBytes(writer, response);
  }
  for (const line of acks) writeBytes(writer, encodeUtf8(line));
  if (writer.failed) return faulty('too-large');
  writer.append(digestOf(writer.copy(), sha256));
  return writer.failed ? faulty('too-large') : { ok: true, value: writer.copy() };
}

/** Reads a file; its first fault in the order of the format's description. The frames are borrowed from `bytes`. */
export function decodeTrace(bytes: Uint8Array, sha256: Sha256): TraceResult<Trace> {
  if (bytes.length > TRACE_BYTES_MAX) return faulty('too-large');
  if (bytes.length < TRACE_BYTES_MIN) return faulty('truncated');
  const payload = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  if (!isEqual(digestOf(payload, sha256), bytes.subarray(payload.length))) return faulty('hash-mismatch');
  const reader = new ByteReader(payload);
  if (!isEqual(reader.view(MAGIC.length), MAGIC)) return faulty('bad-magic');
  if (reader.u8() !== VERSION) return faulty('unsupported-version');
  reader.take(1);
  return readRecords(reader);
}

function readRecords(reader: ByteReader): TraceResult<Trace> {
  const exchangeCount = reader.u32();
  const ackCount = reader.u32();
  const exchanges: TraceExchange[] = [];
  while (exchanges.length < exchangeCount) {
    const request = readFrame(reader);
    if (typeof request === 'string') return faulty(request);
    const response = readFrame(reader);
    if (typeof response === 'string') return faulty(response);
    exchanges.push({ request, response });
  }
  const acks: string[] = [];
  while (acks.length < ackCount) {
    const size = reader.u32();
    if (size > TRACE_ACK_BYTES_MAX) return faulty('ack-too-large');
    const isWhole = !reader.failed && size <= reader.remaining;
    const line = reader.utf8(size);
    if (reader.failed) return faulty(isWhole ? 'invalid-utf8' : 'truncated');
    acks.push(line);
  }
  return reader.remaining === 0 ? { ok: true, value: { exchanges, acks } } : faulty('invalid-length');
}

/** A frame, or what is wrong with it. */
function readFrame(reader: ByteReader): Uint8Array | TraceFault {
  const size = reader.u32();
  if (size > TRACE_FRAME_BYTES_MAX) return 'frame-too-large';
  const frame = reader.view(size);
  return reader.failed ? 'truncated' : frame;
}

function writeHeader(writer: ByteWriter, { exchanges, acks }: Trace): void {
  writer.append(MAGIC);
  writer.u8(VERSION);
  writer.u8(0);
  writer.u32(exchanges.length);
  writer.u32(acks.length);
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length);
  writer.append(bytes);
}

function digestOf(bytes: Uint8Array, sha256: Sha256): Uint8Array {
  const digest = sha256(bytes);
  assert(digest.length === DIGEST_BYTES, 'SHA-256 has 32 bytes');
  return digest;
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function faulty(fault: TraceFault): { readonly ok: false; readonly fault: TraceFault } {
  return { ok: false, fault };
}
