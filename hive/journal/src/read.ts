// Reading durable records back, for tools: audit, export, shipping to another hive.

import { join } from 'node:path';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { openArchived } from './archive.ts';
import type { Disk, DiskFile } from './disk.ts';
import { attempt } from './disk.ts';
import type { RecordEnd } from './position.ts';
import { bodyLengthOf, isWholeRecord, RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE } from './record.ts';
import type { Segment } from './scan.ts';
import { Window } from './window.ts';

/** A record as it was appended. */
export interface JournalEntry {
  readonly seq: number;
  /** A copy; the caller's. */
  readonly body: Uint8Array;
  readonly end: RecordEnd;
}

/** The durable part of a segment. */
export interface SegmentSpan {
  readonly name: string;
  /** Number of the first record. */
  readonly first: number;
  /** Durable bytes; grows in the last segment. */
  size: number;
  /** Where its compressed copy is, when there is no other any more. */
  archive?: string;
}

/** The span of a segment as far as it is valid. */
export function spanOf({ name, first, size, archive }: Segment): SegmentSpan {
  return { name, first, size, ...(archive === undefined ? {} : { archive }) };
}

/** Which records to read; both ends included. */
export interface ReadRange {
  readonly spans: readonly SegmentSpan[];
  readonly from: number;
  readonly to: number;
  /** Where the record before the first one ends: what is before it in its segment is not read. */
  readonly after?: RecordEnd;
}

/** Yields the records of a range in order; a refusal is the last thing it yields. */
export async function* readSpans(
  disk: Disk,
  directory: string,
  range: ReadRange,
): AsyncGenerator<Result<JournalEntry>> {
  const { spans, from, to, after } = range;
  for (const [index, span] of spans.entries()) {
    const end = (spans[index + 1]?.first ?? to + 1) - 1;
    if (span.first > to || end < from) continue;
    const path = span.archive ?? join(directory, span.name);
    const opened = await attempt(`cannot read ${path}`, () => openSpan(disk, path, span));
    if (!opened.ok) return yield opened;
    try {
      const start = after?.segment === span.first && after.seq < from ? after : startOf(span);
      for await (const entry of readSegment(opened.value, { span, path, start })) {
        if (entry.ok && entry.value.seq < from) continue;
        if (entry.ok && entry.value.seq > to) return;
        yield entry;
        if (!entry.ok) return;
      }
    } finally {
      await opened.value.close();
    }
  }
}

async function openSpan(disk: Disk, path: string, { archive }: SegmentSpan): Promise<DiskFile> {
  return archive === undefined ? disk.open(path, 'read') : (await openArchived(disk, path)).file;
}

/** Before the first record of a segment. */
function startOf({ first }: SegmentSpan): RecordEnd {
  return { seq: first - 1, segment: first, offset: SEGMENT_HEADER_SIZE };
}

interface SegmentRange {
  readonly span: SegmentSpan;
  readonly path: string;
  readonly start: RecordEnd;
}

async function* readSegment(file: DiskFile, { span, path, start }: SegmentRange): AsyncGenerator<Result<JournalEntry>> {
  // The last segment grows while it is read; what is appended later is not asked for.
  const { size } = span;
  const window = new Window(file, size);
  let seq = start.seq + 1;
  for (let at = start.offset; at < size; seq++) {
    const record = await attempt(`cannot read ${path}`, () => loadWhole(window, at));
    if (!record.ok) return yield record;
    if (record.value === undefined) return yield refuse('audit-unavailable', `${path} is damaged at byte ${at}`);
    at += record.value.length;
    const end = { seq, segment: span.first, offset: at };
    yield ok({ seq, body: Uint8Array.from(record.value.subarray(RECORD_HEADER_SIZE)), end });
  }
}

async function loadWhole(window: Window, at: number): Promise<Buffer | undefined> {
  const header = await window.load(at, RECORD_HEADER_SIZE);
  const length = header === undefined ? '' : bodyLengthOf(header);
  if (typeof length === 'string') return undefined;
  const record = await window.load(at, RECORD_HEADER_SIZE + length);
  return record !== undefined && isWholeRecord(record) ? record : undefined;
}
