// Records that become durable together: one contiguous buffer, written with one call and made durable by one sync.
//
// Records are encoded when they are appended, so a flush touches no record. A batch belongs to one segment; the first
// batch of a segment carries its header. Buffers are reused: making one costs more than a sync on a fast disk.

import type { Refusal } from '@cohesix/wire';
import { encodeHeader, encodeRecord, RECORD_HEADER_SIZE, zeroHash } from './record.ts';

/** Told when a record is durable (`refusal` is undefined) or will never be. Must not throw. */
export type OnDurable = (seq: number, refusal: Refusal | undefined) => void;

const BUFFER_SIZE_MAX = 256 * 1024;
const BUFFER_SIZE_MIN = 4096;
/** What a record is reckoned to take, so that a batch of few records gets a small buffer. */
const RECORD_SIZE_USUAL = 512;
const SPARES_MAX = 4;

/** Buffers between two uses, all of one size. */
export class BufferPool {
  readonly size: number;
  readonly #spares: Buffer[] = [];

  constructor(batchRecordsMax: number) {
    this.size = Math.max(BUFFER_SIZE_MIN, Math.min(BUFFER_SIZE_MAX, batchRecordsMax * RECORD_SIZE_USUAL));
  }

  /** A buffer of at least `size` bytes; one over the usual size is made for this use alone. */
  take(size: number): Buffer {
    if (size > this.size) return Buffer.allocUnsafeSlow(size);
    return this.#spares.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  give(buffer: Buffer): void {
    if (buffer.length === this.size && this.#spares.length < SPARES_MAX) this.#spares.push(buffer);
  }
}

/** Where a batch begins. */
export interface BatchStart {
  /** Number of its first record. */
  readonly first: number;
  /** Offset in its segment; 0 for the first batch of a new segment, whose header it then brings. */
  readonly base: number;
  /** Hash of the record before; moved on in place by `add`. */
  readonly chain: Uint8Array;
}

/** A batch being filled or flushed. */
export class Batch {
  readonly first: number;
  readonly base: number;
  /** Present when the batch begins a segment. */
  readonly header: Buffer | undefined;
  readonly buffer: Buffer;
  /** Hash of the last record added. */
  readonly lastHash: Uint8Array = zeroHash();
  readonly #chain: Uint8Array;
  readonly #callbacks: OnDurable[] = [];
  #size = 0;

  constructor(start: BatchStart, buffer: Buffer) {
    this.first = start.first;
    this.base = start.base;
    this.buffer = buffer;
    this.#chain = start.chain;
    this.header = start.base === 0 ? encodeHeader(start.first, start.chain) : undefined;
  }

  /** Records in it. */
  get count(): number {
    return this.#callbacks.length;
  }

  /** Bytes it adds to its segment, the header included. */
  get size(): number {
    return this.#size + (this.header?.length ?? 0);
  }

  /** Bytes of its records. */
  get recordsSize(): number {
    return this.#size;
  }

  fits(recordSize: number): boolean {
    return this.#size + recordSize <= this.buffer.length;
  }

  /** Encodes a record at the end; the caller has checked that it fits. Copies `body`. */
  add(body: Uint8Array, onDurable: OnDurable): void {
    encodeRecord(this.buffer, { at: this.#size, base: this.base, chain: this.#chain }, body);
    this.#size += RECORD_HEADER_SIZE + body.length;
    this.lastHash.set(this.#chain);
    this.#callbacks.push(onDurable);
  }

  /** What to write at `base`. */
  chunks(): readonly Uint8Array[] {
    const records = this.buffer.subarray(0, this.#size);
    return this.header === undefined ? [records] : [this.header, records];
  }

  /** Answers every record of the batch, in order. */
  settle(refusal: Refusal | undefined): void {
    for (const [index, onDurable] of this.#callbacks.entries()) guarded(() => onDurable(this.first + index, refusal));
  }
}

/** Calls somebody else's code: what it throws surfaces as an uncaught error, and the caller goes on. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
