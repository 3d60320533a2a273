// The open journal: appends are gathered into batches, one write and one sync at a time make a batch durable.
//
// Appending is synchronous and touches no disk. A flush begins at the end of the event-loop turn; what is appended
// while a batch is at the disk forms the next one. The first failed write or sync seals the journal for ever: on Linux
// a sync that failed may succeed the next time without having written anything, so nothing after it can be trusted.
//
// Invariants: batches reach the disk in order, one at a time; a batch is begun only after the one before is durable;
// `planned` (where the next record goes) is the durable state plus everything pending.

import { join } from 'node:path';
import { assert } from '@cohesix/check';
import type { NextTurn } from '@cohesix/time';
import type { Refusal, Result } from '@cohesix/wire';
import { ok, refusal, refuse } from '@cohesix/wire';
import { archiveSegment } from './archive.ts';
import type { OnDurable } from './batch.ts';
import { Batch, BufferPool, guarded } from './batch.ts';
import type { Disk, DiskFile } from './disk.ts';
import { attempt, describeError, errnoNameOf, writeAll } from './disk.ts';
import type { DirectoryLock } from './lock.ts';
import { segmentName } from './names.ts';
import type { JournalPosition, RecordEnd } from './position.ts';
import type { JournalEntry, SegmentSpan } from './read.ts';
import { readSpans } from './read.ts';
import { readBodiesSync } from './read-sync.ts';
import { RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE } from './record.ts';
import { hold } from './recover.ts';

/** Limits of a journal, all in bytes except `batchRecordsMax`. */
export interface JournalLimits {
  readonly segmentBytesMax: number;
  readonly recordBytesMax: number;
  readonly batchRecordsMax: number;
  readonly pendingBytesMax: number;
}

/** What a journal is made of by `openJournal`. */
export interface JournalParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly lock: DirectoryLock;
  readonly limits: JournalLimits;
  readonly onSealed: (reason: string, errno: string) => void;
  readonly onRolled: () => void;
  /** When a flush begins: at the end of the turn in which the first record came. */
  readonly nextTurn: NextTurn;
  /** Segments in order; the last is appended to through `file`. */
  readonly spans: SegmentSpan[];
  /** Offset at which the last batch begins. */
  readonly lastBase: number;
  readonly file: DiskFile | undefined;
  readonly head: Head;
}

/** Where the next record goes: the segment's first record, and the offset, 0 when it is not begun yet. */
interface Planned {
  first: number;
  size: number;
}

/** The last durable record. */
export interface Head {
  /** Its number; 0 when the journal is empty. */
  readonly seq: number;
  /** Its SHA-256, the state of the chain; 32 zero bytes when the journal is empty. */
  readonly hash: Uint8Array;
}

/** A record on its way. */
export interface Appended {
  /** Its number; records count from 1 without gaps. */
  readonly seq: number;
  /** Settles when the record is durable or never will be (`audit-unavailable`). Never rejects. */
  readonly durable: Promise<Result<void>>;
}

/** A journal opened by `openJournal`; this process is its only writer. */
export class Journal {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #limits: JournalLimits;
  readonly #onSealed: (reason: string, errno: string) => void;
  readonly #onRolled: () => void;
  readonly #nextTurn: NextTurn;
  readonly #spans: SegmentSpan[];
  readonly #pool: BufferPool;
  readonly #queue: Batch[] = [];
  readonly #chain: Uint8Array;
  #file: DiskFile | undefined;
  #lastBase: number;
  #head: Head;
  #open: Batch | undefined;
  #nextSeq: number;
  /** Segment that the next record goes into unless it begins a new one, and the offset there. */
  #planned: Planned;
  #pendingBytes = 0;
  #sealed: string | undefined;
  #flushing: Promise<void> | undefined;
  #isScheduled = false;
  #closed: Promise<Result<void>> | undefined;

  /** Use `openJournal`. */
  constructor(parts: JournalParts) {
    this.#disk = parts.disk;
    this.#directory = parts.directory;
    this.#lock = parts.lock;
    this.#limits = parts.limits;
    this.#pool = new BufferPool(parts.limits.batchRecordsMax);
    this.#onSealed = parts.onSealed;
    this.#onRolled = parts.onRolled;
    this.#nextTurn = parts.nextTurn;
    this.#spans = parts.spans;
    this.#lastBase = parts.lastBase;
    this.#file = parts.file;
    this.#head = parts.head;
    // A copy: `slice` of a Buffer is none.
    this.#chain = Uint8Array.from(parts.head.hash);
    this.#nextSeq = parts.head.seq + 1;
    this.#planned = plannedAfter(parts.spans.at(-1));
  }

  /** The last durable record. */
  get head(): Head {
    return this.#head;
  }

  /** The number the next appended record gets. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Where the next record goes: after everything appended, durable or not. */
  get end(): JournalPosition {
    const [segment, offset] = [this.#planned.first, this.#planned.size];
    return { seq: this.#nextSeq - 1, segment, offset, chain: Uint8Array.from(this.#chain) };
  }

  /** Bytes appended and not yet durable, headers included. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes of the segments that are not in the archive. */
  get bytes(): number {
    return this.#spans.reduce((sum, { size, archive }) => sum + (archive === undefined ? size : 0), 0);
  }

  /** Why nothing can be appended any more; undefined while all is well. Stays until `reopen`. */
  get sealed(): string | undefined {
    return this.#sealed;
  }

  /** Why a body of `size` bytes would be refused now; undefined when `append` would take it. */
  refusalFor(size: number): Refusal | undefined {
    if (this.#sealed !== undefined) return refusal('audit-unavailable', `the journal is sealed: ${this.#sealed}`);
    if (this.#closed !== undefined) return refusal('closed', 'the journal is closed');
    if (size < 1) return refusal('invalid-payload', 'a record must have a body');
    const { recordBytesMax, pendingBytesMax } = this.#limits;
    if (size > recordBytesMax) return refusal('too-big', `a record of ${size} bytes is over ${recordBytesMax}`);
    // A record alone is always taken, so that a bound below the record size does not refuse for ever.
    if (this.#pendingBytes === 0 || this.#pendingBytes + RECORD_HEADER_SIZE + size <= pendingBytesMax) return undefined;
    return refusal('buffer-full', `${this.#pendingBytes} bytes wait for the disk; the bound is ${pendingBytesMax}`);
  }

  /**
   * Queues a record; copies `body`. Refused at once with `too-big`, `invalid-payload` (empty), `buffer-full`, `closed`
   * or `audit-unavailable`, and then nothing was queued. With `onDurable` no promise is made: for the hot path.
   * Callbacks and promises settle in the order of the records.
   */
  append(body: Uint8Array): Result<Appended>;
  append(body: Uint8Array, onDurable: OnDurable): Result<number>;
  append(body: Uint8Array, onDurable?: OnDurable): Result<Appended | number> {
    const refused = this.refusalFor(body.length);
    if (refused !== undefined) return { ok: false, refusal: refused };
    if (onDurable !== undefined) return ok(this.#add(body, onDurable));
    const { promise, resolve } = Promise.withResolvers<Result<void>>();
    const settle: OnDurable = (_, failed) =>
      resolve(failed === undefined ? ok(undefined) : { ok: false, refusal: failed });
    return ok({ seq: this.#add(body, settle), durable: promise });
  }

  /**
   * Durable records from number `from` (1 or more) up to the last one durable when called. Ends after the first
   * refusal: `audit-unavailable` when a file cannot be read or was damaged since it was opened. `after`: the end of the record
   * before, from an earlier read; then nothing before it is read.
   */
  read(from: number, after?: RecordEnd): AsyncGenerator<Result<JournalEntry>> {
    const range = { spans: [...this.#spans], from, to: this.#head.seq };
    return readSpans(this.#disk, this.#directory, after === undefined ? range : { ...range, after });
  }

  /** Copies of the bodies of `count` durable records from number `from` on, at once; undefined when one cannot be read. */
  readSync(from: number, count: number): Uint8Array[] | undefined {
    return readBodiesSync(this.#disk, this.#directory, { spans: this.#spans, from, count });
  }

  /**
   * Makes a sealed journal take records again, on the last durable one, by what an opening does: what is left of the failed
   * batch is cut off and the last durable batch is written again before it is trusted. Refuses as long as the disk fails.
   */
  async reopen(): Promise<Result<void>> {
    if (this.#closed !== undefined) return refuse('closed', 'the journal is closed');
    if (this.#sealed === undefined) return ok(undefined);
    await this.#flushing;
    const reopened = await attempt(`cannot reopen the journal ${this.#directory}`, () => this.#reopen());
    if (!reopened.ok) return reopened;
    this.#chain.set(this.#head.hash);
    this.#nextSeq = this.#head.seq + 1;
    this.#planned = plannedAfter(this.#spans.at(-1));
    this.#sealed = undefined;
    return ok(undefined);
  }

  async #reopen(): Promise<void> {
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    const begun = this.#spans.at(-1);
    // A segment whose first batch failed holds nothing.
    if (begun?.size === 0) {
      const path = join(this.#directory, begun.name);
      if ((await this.#disk.lstat(path)) !== undefined) await this.#disk.unlink(path);
      this.#spans.pop();
    }
    const last = this.#spans.at(-1);
    if (last !== undefined && last.archive === undefined) {
      const path = join(this.#directory, last.name);
      await hold(this.#disk, path, { size: last.size, base: this.#lastBase });
      this.#file = await this.#disk.open(path, 'write');
    }
    await this.#disk.syncDirectory(this.#directory);
  }

  /**
   * Moves the oldest segment that is not being written into `folder`, compressed; false when there is none. It stays part
   * of this journal. Refuses with `audit-unavailable`, and then it is where it was.
   */
  async archive(folder: string): Promise<Result<boolean>> {
    const span = this.#spans.slice(0, -1).find(({ archive }) => archive === undefined);
    if (span === undefined) return ok(false);
    const path = join(this.#directory, span.name);
    const archived = await archiveSegment(this.#disk, { directory: this.#directory, path, folder });
    if (!archived.ok) return archived;
    span.archive = archived.value;
    const removed = await attempt(`cannot remove ${path}`, async () => {
      await this.#disk.unlink(path);
      await this.#disk.syncDirectory(this.#directory);
    });
    return removed.ok ? ok(true) : removed;
  }

  /**
   * Flushes what is pending, closes the files and gives the directory back. Refuses with `audit-unavailable` when the
   * journal is or becomes sealed, or the directory cannot be given back. Every call has the same answer.
   */
  close(): Promise<Result<void>> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #add(body: Uint8Array, onDurable: OnDurable): number {
    const seq = this.#nextSeq++;
    const recordSize = RECORD_HEADER_SIZE + body.length;
    const batch = this.#batchFor(seq, recordSize);
    const before = batch.size;
    batch.add(body, onDurable);
    // A batch that begins a segment brings the header, which `#beginBatch` has counted.
    this.#planned.size += batch.size - before;
    this.#pendingBytes += recordSize;
    this.#schedule();
    return seq;
  }

  #batchFor(seq: number, recordSize: number): Batch {
    const isFull =
      this.#planned.size > SEGMENT_HEADER_SIZE && this.#planned.size + recordSize > this.#limits.segmentBytesMax;
    if (isFull) this.#planned.size = 0;
    const open = this.#open;
    const isUsable =
      open !== undefined && !isFull && open.count < this.#limits.batchRecordsMax && open.fits(recordSize);
    return isUsable ? open : this.#beginBatch(seq, recordSize);
  }

  #beginBatch(seq: number, recordSize: number): Batch {
    if (this.#planned.size === 0) this.#planned.first = seq;
    const start = { first: seq, base: this.#planned.size, chain: this.#chain };
    const batch = new Batch(start, this.#pool.take(recordSize));
    this.#planned.size += batch.size;
    this.#queue.push(batch);
    this.#open = batch;
    return batch;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#flushing !== undefined) return;
    this.#isScheduled = true;
    this.#nextTurn(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.#queue.length > 0) this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      try {
        await this.#write(batch);
      } catch (error) {
        // Whatever it was, the file is in an unknown state.
        await this.#seal(error, batch);
        break;
      }
      this.#settle(batch);
    }
    this.#flushing = undefined;
  }

  #next(): Batch | undefined {
    const batch = this.#queue.shift();
    if (batch === this.#open) this.#open = undefined;
    return batch;
  }

  async #write(batch: Batch): Promise<void> {
    if (batch.header === undefined) {
      assert(this.#file !== undefined, 'a batch without a header has an open segment');
      await writeAll(this.#file, batch.chunks(), batch.base);
      return this.#file.datasync();
    }
    const file = await this.#roll(batch.first);
    await writeAll(file, batch.chunks(), 0);
    await file.datasync();
    await this.#disk.syncDirectory(this.#directory);
  }

  async #roll(first: number): Promise<DiskFile> {
    const before = this.#file;
    this.#file = undefined;
    await before?.close();
    const name = segmentName(first);
    const file = await this.#disk.open(join(this.#directory, name), 'create');
    this.#file = file;
    this.#spans.push({ name, first, size: 0 });
    return file;
  }

  #settle(batch: Batch): void {
    const span = this.#spans.at(-1);
    assert(span !== undefined, 'a durable batch has a segment');
    assert(batch.first === this.#head.seq + 1, 'batches become durable in order');
    span.size = batch.base + batch.size;
    this.#lastBase = batch.base;
    this.#head = { seq: batch.first + batch.count - 1, hash: batch.lastHash };
    this.#pendingBytes -= batch.recordsSize;
    this.#pool.give(batch.buffer);
    batch.settle(undefined);
    if (batch.base === 0) guarded(() => this.#onRolled());
  }

  async #seal(error: unknown, failed: Batch): Promise<void> {
    const reason = describeError(error);
    this.#sealed = reason;
    guarded(() => this.#onSealed(reason, errnoNameOf(error)));
    await this.#retract();
    const refused = [failed, ...this.#queue.splice(0)];
    this.#open = undefined;
    this.#pendingBytes = 0;
    for (const batch of refused) batch.settle(refusal('audit-unavailable', `the journal is sealed: ${reason}`));
  }

  /** Tries to take back what was not acknowledged, so that a refused record does not come back after a restart. */
  async #retract(): Promise<void> {
    const file = this.#file;
    const size = this.#spans.at(-1)?.size ?? 0;
    if (file === undefined) return;
    const retracted = await attempt('could not take back the last batch', async () => {
      await file.truncate(size);
      await file.datasync();
    });
    if (!retracted.ok) this.#sealed = `${this.#sealed}; ${retracted.refusal.detail}`;
  }

  async #close(): Promise<Result<void>> {
    while (this.#flushing !== undefined || this.#queue.length > 0) {
      this.#start();
      await this.#flushing;
    }
    const file = this.#file;
    this.#file = undefined;
    const closed = await attempt('cannot close the journal', async () => file?.close());
    const released = await this.#lock.release();
    if (this.#sealed !== undefined) return refuse('audit-unavailable', `the journal is sealed: ${this.#sealed}`);
    return closed.ok ? released : closed;
  }
}

/** An archived segment is not written to: the next record begins a new one. */
function plannedAfter(last: SegmentSpan | undefined): Planned {
  return { first: last?.first ?? 1, size: last?.archive === undefined ? (last?.size ?? 0) : 0 };
}
