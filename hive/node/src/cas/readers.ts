// Whole content of the store read at offsets, for as long as a fid has it open.

import type { BlobReader, BlobStore, PayloadReader } from '@cohesix/cas';
import { ok, type Result, refuse } from '@cohesix/wire';

const NO_BYTES = new Uint8Array(0);

/** Bytes read from the disk at once: of small messages many are answered from one read. */
const AHEAD_BYTES = 256 * 1024;

/** Reads of a payload one after the other: it has one chunk open at a time. */
export class PayloadTurns {
  readonly #reader: PayloadReader;
  #turn: Promise<unknown> = Promise.resolve();
  /** What was read last, and where it lies. */
  #ahead: Uint8Array = NO_BYTES;
  #aheadAt = 0;

  constructor(reader: PayloadReader) {
    this.#reader = reader;
  }

  read(offset: number, count: number): Promise<Result<Uint8Array>> {
    const reading = this.#turn.then(() => this.#read(offset, count));
    this.#turn = reading;
    return reading;
  }

  async close(): Promise<Result<void>> {
    await this.#turn;
    await this.#reader.close();
    return ok(undefined);
  }

  /** A whole piece whenever there is one: a client that asked ahead would have to ask again after a short one. */
  async #read(offset: number, count: number): Promise<Result<Uint8Array>> {
    const first = await this.#some(offset, count);
    if (!first.ok || first.value.length === count || first.value.length === 0) return first;
    const parts = [first.value];
    for (let size = first.value.length; size < count; ) {
      const next = await this.#some(offset + size, count - size);
      if (!next.ok) return next;
      if (next.value.length === 0) break;
      parts.push(next.value);
      size += next.value.length;
    }
    return ok(parts.length === 1 ? first.value : Buffer.concat(parts));
  }

  /** Bytes of what was read ahead, which is read when it does not have the first of them. */
  async #some(offset: number, count: number): Promise<Result<Uint8Array>> {
    const at = offset - this.#aheadAt;
    if (at >= 0 && at < this.#ahead.length) return ok(this.#ahead.subarray(at, at + count));
    // A new one each time: views of the last are lent.
    if (offset >= this.#reader.size) return ok(NO_BYTES);
    const target = Buffer.allocUnsafeSlow(Math.min(Math.max(count, AHEAD_BYTES), this.#reader.size - offset));
    const read = await this.#reader.read(target, offset);
    if (!read.ok) return read;
    this.#ahead = target.subarray(0, read.value);
    this.#aheadAt = offset;
    return ok(this.#ahead.subarray(0, count));
  }
}

/** A blob that is opened with the first read of it. */
export class LazyReader {
  readonly #blobs: BlobStore;
  readonly #name: string;
  #opening: Promise<Result<BlobReader>> | undefined;

  constructor(blobs: BlobStore, name: string) {
    this.#blobs = blobs;
    this.#name = name;
  }

  async read(offset: number, count: number): Promise<Result<Uint8Array>> {
    this.#opening ??= this.#blobs.open(this.#name);
    const reader = await this.#opening;
    if (!reader.ok) return reader;
    const target = Buffer.allocUnsafe(Math.max(0, Math.min(count, reader.value.size - offset)));
    return readInto(reader.value, target, offset);
  }

  async close(): Promise<void> {
    const reader = await this.#opening;
    if (reader?.ok) await reader.value.close();
  }
}

async function readInto(reader: BlobReader, target: Uint8Array, offset: number): Promise<Result<Uint8Array>> {
  try {
    return ok(target.subarray(0, await reader.read(target, offset)));
  } catch (error) {
    return refuse('internal', `cannot read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
