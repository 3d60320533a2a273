// Where a chunk of a stream tells of bytes that are gone: the marker line, or the marker frame in a stream of CBOR frames
// (hive/telemetry/src/marker.ts). A reader who counts cursors must know these: behind one the stream goes on at `next`.
//
//   ~ lost bytes=<count> next=<cursor>[ unknown=<count>]
//
// What writes a stream could write such a line too. A real one is told by its sum: the bytes gone and unknown are exactly
// those between where the reader is and `next`.

import { decodeUtf8 } from '@cohesix/bytes';

/** A piece of a chunk: content, or the marker of a gap and where the stream goes on. */
export type ChunkPart =
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly bytes: Uint8Array; readonly next: number };

/** The cursor behind a content that begins at cursor `at`. */
export function cursorBehind(content: Uint8Array, at: number): number {
  return chunkParts(content, at).reduce(
    (cursor, part) => (part.kind === 'gap' ? part.next : cursor + part.bytes.length),
    at,
  );
}

interface Marker {
  /** Bytes that the marker itself takes. */
  readonly size: number;
  readonly gone: number;
  readonly next: number;
}

const LF = 0x0a;
const TILDE = 0x7e;
const MARKER_BYTES_MAX = 128;
const LINE = /^~ lost bytes=(\d{1,16}) next=(\d{1,16})(?: unknown=(\d{1,16}))?\n/;

/** The parts of a chunk that begins at cursor `at`, in order; together they are the chunk. */
export function chunkParts(chunk: Uint8Array, at: number): readonly ChunkPart[] {
  const parts: ChunkPart[] = [];
  let [begin, cursor] = [0, at];
  for (let index = nextCandidate(chunk, 0); index >= 0; index = nextCandidate(chunk, index + 1)) {
    const marker = markerAt(chunk, index);
    const here = cursor + index - begin;
    // A line that was cut is ended with an LF that no cursor counts.
    if (marker === undefined || ![here, here - 1].includes(marker.next - marker.gone)) continue;
    if (index > begin) parts.push({ kind: 'content', bytes: chunk.subarray(begin, index) });
    begin = index + marker.size;
    cursor = marker.next;
    parts.push({ kind: 'gap', bytes: chunk.subarray(index, begin), next: cursor });
    index = begin - 1;
  }
  if (begin < chunk.length) parts.push({ kind: 'content', bytes: chunk.subarray(begin) });
  return parts;
}

/** Where the next marker could begin: at a line, or at a frame that begins as one. */
function nextCandidate(chunk: Uint8Array, from: number): number {
  for (let index = from; index < chunk.length; index++) {
    const isLine = chunk[index] === TILDE && (index === 0 || chunk[index - 1] === LF);
    if (isLine || chunk[index] === MAP_OF_3 || chunk[index] === MAP_OF_4) return index;
  }
  return -1;
}

function markerAt(chunk: Uint8Array, index: number): Marker | undefined {
  return chunk[index] === TILDE ? lineMarker(chunk, index) : frameMarker(chunk, index);
}

function lineMarker(chunk: Uint8Array, index: number): Marker | undefined {
  const end = chunk.indexOf(LF, index) + 1;
  if (end === 0 || end - index > MARKER_BYTES_MAX) return undefined;
  const found = LINE.exec(decodeUtf8(chunk, index, end) ?? '');
  if (found === null) return undefined;
  const [, bytes, next, unknown = '0'] = found;
  return { size: end - index, gone: Number(bytes) + Number(unknown), next: Number(next) };
}

const MAP_OF_3 = 0xa3;
const MAP_OF_4 = 0xa4;
const [NEXT, BYTES, SCHEMA, UNKNOWN] = ['next', 'bytes', 'schema', 'unknown'].map(textItem) as [
  number[],
  number[],
  number[],
  number[],
];
const LOSS_SCHEMA = textItem('telemetry-loss/v1');

/** `{next, bytes, schema[, unknown]}` in the one order that frames have (RFC 8949, section 4.2.1). */
function frameMarker(chunk: Uint8Array, index: number): Marker | undefined {
  const reader = { chunk, at: index + 1 };
  if (!takes(reader, NEXT)) return undefined;
  const next = takeCount(reader);
  const bytes = takes(reader, BYTES) ? takeCount(reader) : undefined;
  if (next === undefined || bytes === undefined || !takes(reader, SCHEMA) || !takes(reader, LOSS_SCHEMA))
    return undefined;
  const unknown = chunk[index] === MAP_OF_3 ? 0 : takes(reader, UNKNOWN) ? takeCount(reader) : undefined;
  return unknown === undefined ? undefined : { size: reader.at - index, gone: bytes + unknown, next };
}

interface Place {
  readonly chunk: Uint8Array;
  at: number;
}

/** A short text as CBOR: head 0x60 + length. */
function textItem(text: string): number[] {
  return [0x60 + text.length, ...Buffer.from(text)];
}

function takes(place: Place, item: readonly number[]): boolean {
  const isThere = item.every((byte, index) => place.chunk[place.at + index] === byte);
  if (isThere) place.at += item.length;
  return isThere;
}

/** An unsigned integer (major type 0): its value in the head, or in the 1, 2, 4 or 8 bytes behind it. */
function takeCount(place: Place): number | undefined {
  const head = place.chunk[place.at];
  if (head === undefined || head > 27) return undefined;
  const size = head < 24 ? 0 : 1 << (head - 24);
  if (place.at + 1 + size > place.chunk.length) return undefined;
  let value = head < 24 ? head : 0;
  for (let index = 1; index <= size; index++) value = value * 256 + (place.chunk[place.at + index] ?? 0);
  place.at += 1 + size;
  return Number.isSafeInteger(value) ? value : undefined;
}
