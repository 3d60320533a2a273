// Records of one bundle, at once: for files of the namespace, which are read when they are opened.

import { join } from 'node:path';
import { unpackSync } from './archive.ts';
import type { Disk } from './disk.ts';
import type { SegmentSpan } from './read.ts';
import { bodyLengthOf, isWholeRecord, RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE } from './record.ts';

/** Which records, and where they may be. */
export interface SyncRange {
  readonly spans: readonly SegmentSpan[];
  readonly from: number;
  readonly count: number;
}

/** Copies of the bodies of records `from` to `from + count - 1`; undefined when one is missing or damaged. */
export function readBodiesSync(
  disk: Disk,
  directory: string,
  { spans, from, count }: SyncRange,
): Uint8Array[] | undefined {
  const bodies: Uint8Array[] = [];
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    if (next <= from || bodies.length === count) continue;
    const { archive, name, size } = span;
    const bytes = archive === undefined ? disk.readSync(join(directory, name), 0, size) : unpackSync(disk, archive);
    if (bytes === undefined) return undefined;
    takeBodies(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { first: span.first, from, count, bodies });
  }
  return bodies.length === count ? bodies : undefined;
}

function takeBodies(
  segment: Buffer,
  want: { readonly first: number; readonly from: number; readonly count: number; readonly bodies: Uint8Array[] },
): void {
  let seq = want.first;
  for (let at = SEGMENT_HEADER_SIZE; at + RECORD_HEADER_SIZE <= segment.length; seq++) {
    if (want.bodies.length === want.count) return;
    const length = bodyLengthOf(segment.subarray(at));
    if (typeof length === 'string') return;
    const end = at + RECORD_HEADER_SIZE + length;
    if (seq >= want.from) {
      const record = segment.subarray(at, end);
      if (record.length < end - at || !isWholeRecord(record)) return;
      want.bodies.push(Uint8Array.from(record.subarray(RECORD_HEADER_SIZE)));
    }
    at = end;
  }
}
