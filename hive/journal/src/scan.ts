// Reading and verifying a journal directory, without changing it.
//
// Segments are read in order, every crc, hash and link of the chain is checked. What is wrong is one of two things:
// a *torn tail*, which a crash can leave (bytes of the last batch of the last segment that never were durable), or
// *tampering*, which no crash can leave. A damaged record is a torn tail unless a valid record after it says, by its
// `base`, that the damage lies in bytes that had been synced before.

import { join } from 'node:path';
import type { Refusal, Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { archivedSegments, openArchived } from './archive.ts';
import type { Disk, DiskFile } from './disk.ts';
import { attempt } from './disk.ts';
import { segmentName, segmentsAmong } from './names.ts';
import type { JournalPosition } from './position.ts';
import {
  baseOf,
  bodyLengthOf,
  checkHeader,
  follows,
  hashOf,
  isWholeRecord,
  RECORD_HEADER_SIZE,
  SEGMENT_HEADER_SIZE,
  zeroHash,
} from './record.ts';
import { Window } from './window.ts';

/** Sees each record in order. `body` is borrowed until it returns. A refusal stops the scan and is its answer. */
export type OnRecord = (seq: number, body: Uint8Array) => Refusal | undefined;

/** A segment as far as it is valid. */
export interface Segment {
  readonly name: string;
  /** Number of the first record. */
  readonly first: number;
  /** Valid records in it. */
  readonly count: number;
  /** Bytes up to the end of the last valid record; 0 when not even the header is whole. */
  readonly size: number;
  /** Offset at which the last valid record's batch begins. */
  readonly base: number;
  /** Path of its compressed copy, when there is no other any more. */
  readonly archive?: string;
}

/** Bytes after the last valid record which a crash left. */
export interface TornTail {
  /** File name of the segment. */
  readonly segment: string;
  readonly offset: number;
  /** How many bytes. */
  readonly size: number;
  readonly reason: string;
}

/** What a directory holds. */
export interface Scan {
  readonly segments: readonly Segment[];
  /** Number of the last valid record, 0 when there is none. */
  readonly last: number;
  /** Its hash. */
  readonly chain: Uint8Array;
  readonly torn: TornTail | undefined;
}

/**
 * Verifies the journal in `directory` and shows each record to `onRecord`. Refuses with `audit-unavailable` when it
 * cannot be read or was tampered with, naming file and offset. Takes no lock and writes nothing. With `from` it begins
 * there: of the segments before only names and sizes are looked at, and their count of valid records is taken for granted.
 */
export async function scanJournal(
  disk: Disk,
  directory: string,
  onRecord: OnRecord,
  from?: JournalPosition,
): Promise<Result<Scan>> {
  const names = await attempt('cannot list the journal', () => disk.readdir(directory));
  if (!names.ok) return names;
  const archived = await attempt('cannot read the archive', () => archivedSegments(disk, directory));
  if (!archived.ok) return archived;
  const plain = new Set(segmentsAmong(names.value));
  const archiveOf = (first: number): { archive?: string } => {
    const path = plain.has(first) ? undefined : archived.value.get(first);
    return path === undefined ? {} : { archive: path };
  };
  const firsts = [...new Set([...archived.value.keys(), ...plain])].sort((left, right) => left - right);
  const segments: Segment[] = [];
  const chain = from === undefined ? zeroHash() : Uint8Array.from(from.chain);
  if (from !== undefined && !firsts.includes(from.segment))
    return missing(join(directory, segmentName(from.segment)), from.segment);
  let next = 1;
  let torn: TornTail | undefined;
  for (const [index, first] of firsts.entries()) {
    const { archive } = archiveOf(first);
    const path = archive ?? join(directory, segmentName(first));
    if (first !== next) return missing(path, next);
    if (from !== undefined && first < from.segment) {
      next = firsts[index + 1] ?? next;
      const skipped = await attempt(`cannot read ${path}`, () => disk.lstat(path));
      if (!skipped.ok) return skipped;
      const size = skipped.value?.size ?? 0;
      segments.push({ name: segmentName(first), first, count: next - first, size, base: 0, ...archiveOf(first) });
      continue;
    }
    const place = { path, first, chain, isLast: index === firsts.length - 1, ...archiveOf(first) };
    const scanner = new SegmentScanner(first === from?.segment ? { ...place, from } : place, onRecord);
    const scanned = await attempt(`cannot read ${path}`, () => scanner.scan(disk));
    if (!scanned.ok) return scanned;
    if (!scanned.value.ok) return scanned.value;
    segments.push(scanner.segment());
    torn = scanned.value.value;
    next = first + scanner.count;
  }
  return ok({ segments, last: next - 1, chain, torn });
}

function missing(path: string, next: number): ReturnType<typeof refuse> {
  return tampering(path, 0, `a segment is missing or renamed: records from ${next} on come before this file`);
}

function tampering(path: string, offset: number, reason: string): ReturnType<typeof refuse> {
  const advice = 'The journal was changed or the disk is damaged; restore it from a backup.';
  return refuse('audit-unavailable', `tampering: ${path} at byte ${offset}: ${reason}. ${advice}`);
}

interface SegmentPlace {
  readonly path: string;
  readonly first: number;
  /** Hash of the last record before; moved on in place. */
  readonly chain: Uint8Array;
  readonly isLast: boolean;
  /** Where to begin; at the header without it. */
  readonly from?: JournalPosition;
  /** Set when `path` is a compressed copy. */
  readonly archive?: string;
}

type Fault = { readonly kind: 'damaged' | 'foreign'; readonly reason: string };

class SegmentScanner {
  count = 0;
  readonly #place: SegmentPlace;
  readonly #onRecord: OnRecord;
  #size = 0;
  #base = 0;

  constructor(place: SegmentPlace, onRecord: OnRecord) {
    this.#place = place;
    this.#onRecord = onRecord;
    if (place.from === undefined) return;
    this.count = place.from.seq - place.first + 1;
    this.#size = place.from.offset;
    this.#base = place.from.offset;
  }

  segment(): Segment {
    const { first, archive } = this.#place;
    const segment = { name: segmentName(first), first, count: this.count, size: this.#size, base: this.#base };
    return archive === undefined ? segment : { ...segment, archive };
  }

  /** The torn tail of this segment, if it has one. */
  async scan(disk: Disk): Promise<Result<TornTail | undefined>> {
    const { path } = this.#place;
    const stat = await disk.lstat(path);
    if (stat?.kind !== 'file') return tampering(path, 0, `not a regular file but: ${stat?.kind ?? 'nothing'}`);
    const opened =
      this.#place.archive === undefined ? await openPlain(disk, path, stat.size) : await openArchived(disk, path);
    const { file, size } = opened;
    try {
      return await this.#scanFile(file, size);
    } finally {
      await file.close();
    }
  }

  async #scanFile(file: DiskFile, fileSize: number): Promise<Result<TornTail | undefined>> {
    const window = new Window(file, fileSize);
    let fault = this.#place.from === undefined ? await this.#header(window) : this.#reaches(fileSize);
    if (fault === undefined) {
      const walked = await this.#records(window);
      if (!walked.ok) return walked;
      fault = walked.value;
    }
    return fault === undefined ? ok(undefined) : this.#judge(window, fault);
  }

  #reaches(fileSize: number): Fault | undefined {
    return this.#size <= fileSize ? undefined : { kind: 'foreign', reason: `shorter than ${this.#size} bytes` };
  }

  async #header(window: Window): Promise<Fault | undefined> {
    const header = await window.load(0, SEGMENT_HEADER_SIZE);
    if (header === undefined) return { kind: 'damaged', reason: 'the segment header is cut short' };
    const fault = checkHeader(header, this.#place.first, this.#place.chain);
    if (fault === undefined) this.#size = SEGMENT_HEADER_SIZE;
    return fault;
  }

  async #records(window: Window): Promise<Result<Fault | undefined>> {
    while (this.#size < window.size) {
      const record = recordIn(window, this.#size) ?? (await loadRecord(window, this.#size));
      if (typeof record === 'string') return ok({ kind: 'damaged', reason: record });
      const fault = this.#check(record);
      if (fault !== undefined) return ok(fault);
      const refusal = this.#accept(record);
      if (refusal !== undefined) return { ok: false, refusal };
    }
    return ok(undefined);
  }

  #check(record: Buffer): Fault | undefined {
    if (!isWholeRecord(record)) return { kind: 'damaged', reason: 'checksum or hash does not match' };
    if (!follows(record, this.#place.chain)) return { kind: 'foreign', reason: 'a whole record breaks the chain' };
    if (baseOf(record) > this.#size) return { kind: 'foreign', reason: 'a whole record of another place' };
    return undefined;
  }

  #accept(record: Buffer): Refusal | undefined {
    this.#place.chain.set(hashOf(record));
    this.#base = baseOf(record);
    this.#size += record.length;
    this.count++;
    return this.#onRecord(this.#place.first + this.count - 1, record.subarray(RECORD_HEADER_SIZE));
  }

  async #judge(window: Window, fault: Fault): Promise<Result<TornTail | undefined>> {
    const { path, isLast } = this.#place;
    const offset = this.#size;
    if (fault.kind === 'foreign') return tampering(path, offset, fault.reason);
    if (!isLast) return tampering(path, offset, `${fault.reason}, and later segments exist`);
    const witness = await findWitness(window, offset);
    if (witness !== undefined)
      return tampering(path, offset, `${fault.reason}, yet byte ${witness} holds a later record`);
    return ok({ segment: segmentName(this.#place.first), offset, size: window.size - offset, reason: fault.reason });
  }
}

async function openPlain(disk: Disk, path: string, size: number): Promise<{ file: DiskFile; size: number }> {
  return { file: await disk.open(path, 'read'), size };
}

/** A whole record's bytes if they are loaded; a phrase when none can be there; undefined when they are not loaded. */
function recordIn(window: Window, at: number): Buffer | string | undefined {
  const header = window.peek(at, RECORD_HEADER_SIZE);
  if (header === undefined) return undefined;
  const length = bodyLengthOf(header);
  return typeof length === 'string' ? length : window.peek(at, RECORD_HEADER_SIZE + length);
}

async function loadRecord(window: Window, at: number): Promise<Buffer | string> {
  const header = await window.load(at, RECORD_HEADER_SIZE);
  if (header === undefined) return 'the record header is cut short';
  const length = bodyLengthOf(header);
  if (typeof length === 'string') return length;
  return (await window.load(at, RECORD_HEADER_SIZE + length)) ?? 'the record is cut short';
}

/**
 * Offset of a whole record after `damage` whose base lies behind it: proof that the damaged bytes had been durable.
 * Tries every byte, since a damaged length hides where the next record begins; `base` sorts out all but real ones.
 */
async function findWitness(window: Window, damage: number): Promise<number | undefined> {
  for (let at = damage + 1; at + RECORD_HEADER_SIZE < window.size; at++) {
    const header = window.peek(at, RECORD_HEADER_SIZE) ?? (await window.load(at, RECORD_HEADER_SIZE));
    if (header === undefined) return undefined;
    const base = baseOf(header);
    if (base <= damage || base > at || typeof bodyLengthOf(header) === 'string') continue;
    const record = await loadRecord(window, at);
    if (typeof record !== 'string' && isWholeRecord(record)) return at;
  }
  return undefined;
}
