// A file as records of a segment: inline pieces of a text, or references to pieces by their hashes. The same file gives the same
// records each time, so what a hive already has of them says where to go on.

import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { PUSH_SCHEMA, REFERENCE_SCHEMA } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import { jsonText } from '../context.ts';
import type { IngestBounds } from './device-status.ts';

/** Media types by extension (contracts-1, 5.4): what may go inline. */
const INLINE_TYPES: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.csv': 'text/csv',
};

const MIB = 1024 * 1024;

/** A piece of an artefact is at least this long: hashing is then as quick as reading, and the references are few. */
const PIECE_BYTES = 4 * MIB;

/** Bytes of a reference with the largest numbers and a hash in hex, its LF included. */
const REFERENCE_BYTES_MAX = 192;

/** The media type of a file by its name; undefined when it does not go inline. */
export function inlineType(file: string): string | undefined {
  return INLINE_TYPES[extname(file).toLowerCase()];
}

/** The inline pieces of a text: as much of it in each as a record may have. Refuses with `too-big` what no segment holds. */
export function inlineRecords(text: string, mime: string, bounds: IngestBounds): Result<readonly string[]> {
  const lines: string[] = [];
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const { line, end } = pieceAt(text, at, { seq: lines.length + 1, mime, bytesMax: bounds.max_record_bytes });
    if (end === at) return refuse('too-big', `telemetry_ingest.max_record_bytes is ${bounds.max_record_bytes}.`);
    lines.push(line);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > bounds.max_bytes_per_segment)
      return refuse('too-big', `telemetry_ingest.max_bytes_per_segment is ${bounds.max_bytes_per_segment}.`);
    at = end;
  }
  return ok(lines);
}

interface Piece {
  readonly seq: number;
  readonly mime: string;
  readonly bytesMax: number;
}

/** The longest piece from `at` on whose record fits, never half a character. */
function pieceAt(text: string, at: number, { seq, mime, bytesMax }: Piece): { line: string; end: number } {
  const lineTo = (end: number): string => jsonText({ schema: PUSH_SCHEMA, seq, mime, payload: text.slice(at, end) });
  const isFit = (end: number): boolean => Buffer.byteLength(lineTo(end)) + 1 <= bytesMax;
  let low = at;
  let high = Math.min(text.length, at + bytesMax);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isFit(middle)) low = middle;
    else high = middle - 1;
  }
  const isHalf = low < text.length && low > at && (text.charCodeAt(low - 1) & 0xfc00) === 0xd800;
  const end = isHalf ? low - 1 : low;
  return { line: lineTo(end), end };
}

/** Bytes of the pieces of an artefact: so that their references fit into a segment. */
export function pieceBytes(size: number, bounds: IngestBounds): number {
  const bytes = Math.min(bounds.max_bytes_per_segment, bounds.max_reference_manifest_bytes_per_segment);
  const count = Math.min(bounds.max_reference_entries_per_segment, Math.floor(bytes / REFERENCE_BYTES_MAX));
  return Math.max(PIECE_BYTES, Math.ceil(size / Math.max(1, count) / MIB) * MIB);
}

/** The line of a reference. */
function referenceLine(seq: number, off: number, piece: Uint8Array): string {
  return JSON.stringify({
    schema: REFERENCE_SCHEMA,
    seq,
    off,
    len: piece.length,
    sha256: hash('sha256', piece, 'hex'),
  });
}

/** The references of a file, one at a time; the next piece is read while one is hashed. */
export async function* referencesOf(
  path: string,
  {
    size,
    bytes,
    onHashed,
  }: { readonly size: number; readonly bytes: number; readonly onHashed: (done: number) => void },
): AsyncGenerator<string, void, void> {
  const file = await open(path, 'r');
  const buffers = [Buffer.allocUnsafe(bytes), Buffer.allocUnsafe(bytes)] as const;
  let reading = readPiece(file, buffers[0], 0);
  try {
    for (let off = 0, seq = 1; off < size; seq++) {
      const piece = await reading;
      if (piece.length === 0) break;
      const next = off + piece.length;
      reading = readPiece(file, buffers[seq % 2 === 0 ? 0 : 1], next);
      yield referenceLine(seq, off, piece);
      off = next;
      onHashed(off);
    }
  } finally {
    await Promise.allSettled([reading]);
    await file.close();
  }
}

async function readPiece(file: FileHandle, into: Buffer, position: number): Promise<Uint8Array> {
  let size = 0;
  while (size < into.length) {
    const { bytesRead } = await file.read(into, size, into.length - size, position + size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return into.subarray(0, size);
}
