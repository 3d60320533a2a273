// Pieces gathered before they go to the disk: a message of 8 KiB costs a copy instead of a turn of the disk, and what is written are
// whole buffers at multiples of their size, which a disk can take from where they are. What is gathered is not durable, as nothing is
// that no sync has vouched for. Bounded: one buffer a blob that is being written.

import { assert } from '@cohesix/check';
import type { BufferPool } from './buffer-pool.ts';

/** Pieces of one blob that are not on the disk yet. */
export class Gather {
  readonly #pool: BufferPool;
  #buffer: Uint8Array | undefined;
  #count = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Bytes gathered. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#pool.bytes;
  }

  /** Adds a copy of as many bytes as there is room for; answers how many. */
  add(bytes: Uint8Array): number {
    assert(!this.isFull, 'a full buffer is written first');
    this.#buffer ??= this.#pool.take();
    const count = Math.min(bytes.length, this.#pool.bytes - this.#count);
    this.#buffer.set(bytes.subarray(0, count), this.#count);
    this.#count += count;
    return count;
  }

  /** What was gathered: borrowed until `drop` or `add`. */
  view(): Uint8Array {
    return this.#buffer?.subarray(0, this.#count) ?? new Uint8Array(0);
  }

  /** Forgets what was gathered and gives the buffer back. */
  drop(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer);
    this.#buffer = undefined;
    this.#count = 0;
  }
}
