// Reading durable records back, for tools: audit, export, shipping to another hive.

import { join } from 'node:path';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { openArchived } from './archive.ts';
import type { Disk, DiskFile } from './disk.ts';
import { attempt } from './disk.ts';
import { bodyLengthOf, isWholeRecord, RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE } from './record.ts';
import type { Segment } from './scan.ts';
import { Window } from './window.ts';

/** A record as it was appended. */
export interface JournalEntry {
  readonly seq: number;
  /** A copy; the caller's. */
  readonly body: Uint8Array;
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
}

/** Yields the records of a range in order; a refusal is the last thing it yields. */
export async function* readSpans(
  disk: Disk,
  directory: string,
  range: ReadRange,
): AsyncGenerator<Result<JournalEntry>> {
  const { spans, from, to } = range;
  for (const [index, span] of spans.entries()) {
    const end = (spans[index + 1]?.first ?? to + 1) - 1;
    if (span.first > to || end < from) continue;
    const path = span.archive ?? join(directory, span.name);
    const opened = await attempt(`cannot read ${path}`, () => openSpan(disk, path, span));
    if (!opened.ok) return yield opened;
    try {
      for await (const entry of readSegment(opened.value, span, path)) {
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

async function* readSegment(file: DiskFile, span: SegmentSpan, path: string): AsyncGenerator<Result<JournalEntry>> {
  // The last segment grows while it is read; what is appended later is not asked for.
  const { size } = span;
  const window = new Window(file, size);
  let seq = span.first;
  for (let at = SEGMENT_HEADER_SIZE; at < size; seq++) {
    const record = await attempt(`cannot read ${path}`, () => loadWhole(window, at));
    if (!record.ok) return yield record;
    if (record.value === undefined) return yield refuse('audit-unavailable', `${path} is damaged at byte ${at}`);
    at += record.value.length;
    yield ok({ seq, body: Uint8Array.from(record.value.subarray(RECORD_HEADER_SIZE)) });
  }
}

async function loadWhole(window: Window, at: number): Promise<Buffer | undefined> {
  const header = await window.load(at, RECORD_HEADER_SIZE);
  const length = header === undefined ? '' : bodyLengthOf(header);
  if (typeof length === 'string') return undefined;
  const record = await window.load(at, RECORD_HEADER_SIZE + length);
  return record !== undefined && isWholeRecord(record) ? record : undefined;
}
