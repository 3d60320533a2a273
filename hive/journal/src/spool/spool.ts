// A spool: records are appended, read in order, and acknowledged, and all of that survives a power cut. Appends of one turn, and those
// that come while a batch is on its way to the disk, are written together and made durable by one sync; only then are they
// answered. One batch is under way at a time. The first failed write or sync ends it until it is opened again: what a disk
// says after that is not believed.
//
// Layout of the file: `layout.ts`. What a cut leaves and how it is found: `scan.ts`.

import { assert } from '@cohesix/check';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import { describeError, isDiskError } from '../disk.ts';
import { type Entry, endOf, type IndexTable } from './index-table.ts';
import { encodeMeta, nextSector, type SpoolMeta } from './layout.ts';
import { encodeSpoolRecord, isWholeSpoolRecord, readSpoolHeader, SPOOL_HEADER_SIZE } from './record.ts';
import { ringFull, sizeFault, tooManyWait } from './refusals.ts';
import type { SpoolParts, SpoolStatus } from './spool-state.ts';
import { SpoolText } from './spool-text.ts';

/** Most bytes of records that are written together. */
const BATCH_BYTES_MAX = 262_144;
/** Most bytes of payloads that wait to be written. */
const PENDING_BYTES_MAX = 4_194_304;
const LF = 0x0a;

interface Pending {
  readonly kind: number;
  readonly ts: number;
  readonly payload: Uint8Array;
  readonly settle: (result: Result<number>) => void;
}

interface AckWaiter {
  readonly seq: number;
  readonly settle: (result: Result<number>) => void;
}

export class Spool {
  readonly #parts: SpoolParts;
  readonly #table: IndexTable;
  readonly #text: SpoolText;
  #meta: SpoolMeta;
  #next: number;
  #head: number;
  #refused = 0;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #waiters: AckWaiter[] = [];
  #running: Promise<void> | undefined;
  #sealed: string | undefined;
  #isClosed = false;

  constructor(parts: SpoolParts) {
    this.#parts = parts;
    this.#meta = parts.meta;
    const { table, next, head } = parts.scan;
    this.#table = table;
    this.#next = next;
    this.#head = head;
    this.#text = new SpoolText({ table, read: (entry) => this.#payload(entry) });
  }

  get status(): SpoolStatus {
    const { limits, scan } = this.#parts;
    return {
      ...limits,
      meta: this.#meta,
      usedBytes: Math.min(this.#meta.ring, this.#head - this.#floor),
      records: this.#table.records,
      next: this.#next,
      acked: this.#meta.acked,
      refused: this.#refused,
      lost: scan.lost,
      isTorn: scan.isTorn,
      sealed: this.#sealed,
    };
  }

  /** The records that are not acknowledged, as text that can be read at offsets; stays what it was when it was asked for. */
  text(): ReturnType<SpoolText['open']> {
    return this.#text.open({ from: this.#meta.acked + 1, to: this.#next });
  }

  /**
   * Appends a record; settled when it is durable, with its number. Copies `payload`. `ts`: wall time, ms. Refusals: `invalid-payload` when it
   * is empty, `too-big`, `buffer-full` when there is no room, `busy` when too much waits for the disk, `internal` after a
   * failure of the disk, `closed`.
   */
  append(kind: number, payload: Uint8Array, ts: number): Promise<Result<number>> {
    assert(Number.isInteger(kind) && kind >= 1 && kind <= 255, 'a kind is one byte, not 0');
    const refused = this.#refusalFor(payload.length);
    if (refused !== undefined) return Promise.resolve({ ok: false, refusal: refused });
    return new Promise((settle) => {
      this.#pending.push({ kind, ts: Math.max(0, Math.trunc(ts)), payload: Uint8Array.from(payload), settle });
      this.#pendingBytes += payload.length;
      this.#kick();
    });
  }

  /**
   * Acknowledges all records up to and with `seq`; settled when that is durable, with the number up to which it is so now. Again, or an
   * earlier one, changes nothing. `not-found`: there is no such record yet.
   */
  ack(seq: number): Promise<Result<number>> {
    const down = this.#downRefusal();
    if (down !== undefined) return Promise.resolve({ ok: false, refusal: down });
    if (seq >= this.#next)
      return Promise.resolve(
        refuse('not-found', `Record ${seq} is not written yet; the last one is ${this.#next - 1}.`),
      );
    if (seq <= this.#meta.acked) return Promise.resolve(ok(this.#meta.acked));
    return new Promise((settle) => {
      this.#waiters.push({ seq, settle });
      this.#kick();
    });
  }

  /** Ends everything under way and closes the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    if (this.#sealed === undefined && this.#meta.written < this.#next - 1) {
      await this.#guard(async () => {
        await this.#store({});
      });
    }
    await this.#parts.file.close().catch(() => {});
  }

  #refusalFor(size: number): Refusal | undefined {
    const fault = this.#downRefusal() ?? sizeFault(size, this.#parts.limits.recordBytesMax);
    if (fault !== undefined || this.#pendingBytes + size <= PENDING_BYTES_MAX) return fault;
    return refusal('busy', 'Too much waits for the disk of the spool; try again in a moment.');
  }

  #downRefusal(): Refusal | undefined {
    if (this.#sealed !== undefined)
      return refusal('internal', `The spool takes nothing until the hive starts again: ${this.#sealed}`);
    return this.#isClosed ? refusal('closed', 'The spool is closed.') : undefined;
  }

  #kick(): void {
    this.#running ??= this.#run();
  }

  /** Writes what waits until nothing does. */
  async #run(): Promise<void> {
    // What is appended in the same turn comes along.
    await Promise.resolve();
    while (this.#pending.length > 0 || this.#waiters.length > 0) {
      if (this.#sealed !== undefined) this.#settleAll();
      if (this.#pending.length > 0) await this.#flush();
      if (this.#waiters.length > 0 && this.#sealed === undefined) await this.#storeAck();
    }
    this.#running = undefined;
  }

  async #flush(): Promise<void> {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    const { ring, file } = this.#parts;
    const entries: Entry[] = [];
    const size = batch.reduce((sum, { payload }) => sum + SPOOL_HEADER_SIZE + payload.length, 0);
    const bytes = Buffer.alloc(nextSector(size, this.#meta.sector));
    let at = 0;
    for (const [index, { kind, ts, payload }] of batch.entries()) {
      const header = { kind, ts, seq: this.#next + index, size: payload.length };
      encodeSpoolRecord(bytes, at, { ...header, opening: this.#meta.opening, isFirst: index === 0 }, payload);
      entries.push({ ...header, at: this.#head + at, isLine: payload.at(-1) === LF });
      at += SPOOL_HEADER_SIZE + payload.length;
    }
    const isDurable = await this.#guard(async () => {
      await ring.write(this.#head, bytes);
      await file.datasync();
    });
    if (!isDurable) return this.#refuseAll(batch);
    const first = this.#next;
    for (const entry of entries) this.#table.add(entry);
    this.#next += entries.length;
    this.#head += bytes.length;
    for (const [index, { settle }] of batch.entries()) settle(ok(first + index));
  }

  /** The records that are written next; those that find no room are answered at once. */
  #takeBatch(): readonly Pending[] {
    const batch: Pending[] = [];
    let end = this.#head;
    let count = 0;
    for (const one of this.#pending) {
      const after = end + SPOOL_HEADER_SIZE + one.payload.length;
      if (batch.length > 0 && after - this.#head > BATCH_BYTES_MAX) break;
      count += 1;
      this.#pendingBytes -= one.payload.length;
      const full = this.#fullRefusal(after, batch.length);
      if (full === undefined) {
        batch.push(one);
        end = after;
      } else {
        this.#refused += 1;
        one.settle({ ok: false, refusal: full });
      }
    }
    this.#pending = this.#pending.slice(count);
    return batch;
  }

  #fullRefusal(end: number, more: number): Refusal | undefined {
    const { mode, recordsMax } = this.#parts.limits;
    const { sector, ring } = this.#meta;
    if (nextSector(end, sector) > this.#floor + ring) return ringFull(mode, ring);
    return this.#table.records + more < recordsMax ? undefined : tooManyWait(recordsMax);
  }

  /** The first place that is not to be written over. */
  get #floor(): number {
    if (this.#parts.limits.mode === 'refuse') return 0;
    return Math.floor(this.#meta.at / this.#meta.sector) * this.#meta.sector;
  }

  async #storeAck(): Promise<void> {
    const waiters = this.#waiters;
    this.#waiters = [];
    const acked = waiters.reduce((most, { seq }) => Math.max(most, seq), this.#meta.acked);
    const at = this.#table.holding(acked + 1)?.at ?? this.#head;
    const isDurable = await this.#guard(() => this.#store({ acked, at }));
    if (!isDurable) {
      for (const { settle } of waiters) settle({ ok: false, refusal: this.#sealedRefusal() });
      return;
    }
    this.#table.dropUpTo(acked);
    for (const { settle } of waiters) settle(ok(acked));
  }

  async #store(change: Pick<SpoolMeta, 'acked' | 'at'> | Record<string, never>): Promise<void> {
    const meta = { ...this.#meta, ...change, written: this.#next - 1 };
    await this.#parts.pages.write(encodeMeta(meta));
    this.#meta = meta;
  }

  /** Runs operations of the disk; the first that fails ends the spool. */
  async #guard(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.#sealed = describeError(error);
      return false;
    }
  }

  #sealedRefusal(): Refusal {
    return refusal('internal', `The disk of the spool failed: ${this.#sealed}`);
  }

  #refuseAll(batch: readonly Pending[]): void {
    for (const { settle } of batch) settle({ ok: false, refusal: this.#sealedRefusal() });
  }

  #settleAll(): void {
    this.#refuseAll(this.#pending);
    for (const { settle } of this.#waiters) settle({ ok: false, refusal: this.#sealedRefusal() });
    this.#pending = [];
    this.#waiters = [];
    this.#pendingBytes = 0;
  }

  /** The payload of a record, checked again. */
  async #payload(entry: Extract<Entry, { readonly size: number }>): Promise<Result<Uint8Array>> {
    const { ring } = this.#parts;
    let bytes: Buffer | undefined;
    try {
      bytes = await ring.read(entry.at, endOf(entry) - entry.at);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return refuse('internal', `Record ${entry.seq} cannot be read: ${describeError(error)}`);
    }
    // Acknowledged and overwritten while it was read.
    if (this.#meta.acked >= entry.seq) return refuse('stale', `Record ${entry.seq} was acknowledged meanwhile.`);
    if (!isWholeSpoolRecord(bytes) || readSpoolHeader(bytes)?.seq !== entry.seq)
      return refuse('internal', `Record ${entry.seq} is damaged; acknowledge it to go on with the next.`);
    return ok(bytes.subarray(SPOOL_HEADER_SIZE));
  }
}
