// What the records of a segment are so far, and whether more may follow. A segment has records, plain ones and inline pieces side
// by side, or references and nothing else (contracts-1, 5.4). Pure: the store asks here before it writes a byte.

import { assert } from '@cohesix/check';
import { ok, type RefusalCode, type Result, refuse } from '@cohesix/wire';
import { type PushRecord, type ReferenceRecord, readRecord, type SegmentRecord } from './reference.ts';

/** What is in a segment. */
export interface SegmentContent {
  readonly kind: 'empty' | 'records' | 'references';
  /** Bytes, each record with its LF. */
  readonly bytes: number;
  /** Lines. */
  readonly records: number;
  /** `seq` of the last inline piece, or of the last reference; 0 before the first. */
  readonly seq: number;
  /** Bytes that the references stand for. */
  readonly referenced: number;
}

/** Bounds of one segment, named as in `[telemetry_ingest]`. */
export interface SegmentLimits {
  readonly max_bytes_per_segment: number;
  readonly max_record_bytes: number;
  readonly max_reference_entries_per_segment: number;
  readonly max_reference_manifest_bytes_per_segment: number;
  readonly max_reference_bytes_per_segment: number;
}

/** A segment without records. */
export const EMPTY_SEGMENT: SegmentContent = { kind: 'empty', bytes: 0, records: 0, seq: 0, referenced: 0 };

const LF = 0x0a;
const UTF8 = new TextDecoder();

/**
 * What the segment is after these whole lines. Refuses all of them for one that does not fit: `too-big` names the bound,
 * `invalid-payload` says what was expected.
 */
export function addRecords(before: SegmentContent, bytes: Uint8Array, limits: SegmentLimits): Result<SegmentContent> {
  if (bytes.length === 0) return ok(before);
  assert(bytes[bytes.length - 1] === LF, 'records end with LF');
  if (before.bytes + bytes.length > limits.max_bytes_per_segment)
    return tooBig(limits, 'max_bytes_per_segment', `the segment has ${before.bytes} bytes and ${bytes.length} came`);
  let content = before;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start) + 1;
    if (end - start > limits.max_record_bytes) return tooBig(limits, 'max_record_bytes', `a record has ${end - start}`);
    const next = addRecord(content, readRecord(UTF8.decode(bytes.subarray(start, end - 1))), {
      bytes: end - start,
      limits,
    });
    if (!next.ok) return next;
    content = next.value;
    start = end;
  }
  return ok(content);
}

interface Added {
  readonly bytes: number;
  readonly limits: SegmentLimits;
}

function addRecord(content: SegmentContent, record: SegmentRecord, added: Added): Result<SegmentContent> {
  if (record.kind === 'wrong') return wrong(record.problem);
  if (record.kind === 'reference') return addReference(content, record.record, added);
  if (content.kind === 'references') return wrong('The segment has references; other records go into another one.');
  if (record.kind === 'push' && record.record.seq !== content.seq + 1) return outOfOrder(record.record, content);
  const seq = record.kind === 'push' ? record.record.seq : content.seq;
  return ok({ ...grown(content, added.bytes), kind: 'records', seq });
}

function addReference(
  content: SegmentContent,
  reference: ReferenceRecord,
  { bytes, limits }: Added,
): Result<SegmentContent> {
  if (content.kind === 'records') return wrong('The segment has records; references go into another one.');
  const { seq, off, len } = reference;
  if (seq !== content.seq + 1) return outOfOrder(reference, content);
  if (off !== content.referenced)
    return wrong(`$.off: expected ${content.referenced}, got ${off}: no gap, no overlap.`);
  const next = { ...grown(content, bytes), kind: 'references', seq, referenced: off + len } as const;
  if (next.records > limits.max_reference_entries_per_segment)
    return tooBig(limits, 'max_reference_entries_per_segment', 'and the segment has as many');
  if (next.bytes > limits.max_reference_manifest_bytes_per_segment)
    return tooBig(limits, 'max_reference_manifest_bytes_per_segment', `the references would have ${next.bytes}`);
  if (next.referenced > limits.max_reference_bytes_per_segment)
    return tooBig(limits, 'max_reference_bytes_per_segment', `the references would stand for ${next.referenced}`);
  return ok(next);
}

function grown(content: SegmentContent, bytes: number): SegmentContent {
  return { ...content, bytes: content.bytes + bytes, records: content.records + 1 };
}

function outOfOrder({ seq }: PushRecord | ReferenceRecord, content: SegmentContent): Result<never> {
  return wrong(`$.seq: expected ${content.seq + 1}, got ${seq}.`);
}

function wrong(problem: string): Result<never> {
  return refuse('invalid-payload' satisfies RefusalCode, problem);
}

function tooBig(limits: SegmentLimits, name: keyof SegmentLimits, but: string): Result<never> {
  return refuse('too-big', `telemetry_ingest.${name} is ${limits[name]}: ${but}.`);
}
