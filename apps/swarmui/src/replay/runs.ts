// What a recording holds of a stream: pieces of it at their cursors, put together to runs without a gap. What lies between two runs was
// never heard, and is told as the hive tells a loss: by a marker line.

import { encodeUtf8 } from '@cohesix/bytes';

/** A piece of a stream, heard with the exchange of that number. */
export interface Piece {
  readonly index: number;
  /** Cursor of its first byte. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a stream without a gap. */
export interface Run {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** The line a stream shows where bytes are gone (hive/telemetry, marker.ts). */
const MARKER = /^~ lost bytes=\d+ next=(\d{1,16})(?: unknown=\d+)?\n/;
const MARKER_BYTES_MAX = 128;

/** The piece that was read from `cursor` on: a marker before it moves the cursor and is left out. */
export function pieceAt(index: number, cursor: number, bytes: Uint8Array): Piece {
  const marker = MARKER.exec(new TextDecoder().decode(bytes.subarray(0, MARKER_BYTES_MAX)));
  if (marker === null) return { index, start: cursor, bytes };
  return { index, start: Number(marker[1]), bytes: bytes.subarray(marker[0].length) };
}

/** The pieces as runs in the order of their cursors; what two of them hold is taken once. */
export function runsOf(pieces: readonly Piece[]): readonly Run[] {
  const groups: { start: number; end: number; parts: Uint8Array[] }[] = [];
  for (const { start, bytes } of pieces.toSorted((one, other) => one.start - other.start)) {
    const last = groups.at(-1);
    if (last === undefined || start > last.end) groups.push({ start, end: start + bytes.length, parts: [bytes] });
    else if (start + bytes.length > last.end) {
      last.parts.push(bytes.subarray(last.end - start));
      last.end = start + bytes.length;
    }
  }
  return groups.map(({ start, parts }) => ({ start, bytes: joined(parts) }));
}

/** The content from a cursor on, with a marker line for each gap. */
export function contentFrom(runs: readonly Run[], from: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let cursor = from;
  for (const { start, bytes } of runs) {
    const end = start + bytes.length;
    if (end <= cursor) continue;
    if (start > cursor) parts.push(encodeUtf8(`~ lost bytes=${start - cursor} next=${start}\n`));
    parts.push(bytes.subarray(Math.max(0, cursor - start)));
    cursor = end;
  }
  return joined(parts);
}

/** The cursor behind the last run. */
export function endOf(runs: readonly Run[]): number {
  const last = runs.at(-1);
  return last === undefined ? 0 : last.start + last.bytes.length;
}

/** All of them in one array. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
