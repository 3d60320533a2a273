// Small pieces gathered before they go to the disk: a message of 8 KiB costs a copy instead of a turn of the disk. What is gathered
// is not durable, as nothing is that no sync has vouched for. Bounded: one buffer a blob that is being written.

import { assert } from '@cohesix/check';

/** Buffers kept for the next blob: allocating one for each costs more than filling it. */
const KEPT_MAX = 16;

/** Buffers that are free. One per store. */
export class GatherPool {
  /** Bytes gathered at most; a larger piece goes to the disk as it is. */
  readonly bytes: number;
  readonly #free: Uint8Array[] = [];

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.bytes);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}

/** Pieces of one blob that are not on the disk yet. */
export class Gather {
  readonly #pool: GatherPool;
  #buffer: Uint8Array | undefined;
  #count = 0;

  constructor(pool: GatherPool) {
    this.#pool = pool;
  }

  /** Bytes gathered. */
  get count(): number {
    return this.#count;
  }

  /** Whether a piece of so many bytes can be added. */
  hasRoom(bytes: number): boolean {
    return this.#count + bytes <= this.#pool.bytes;
  }

  /** Adds a copy. */
  add(bytes: Uint8Array): void {
    assert(this.hasRoom(bytes.length), 'what is added has room');
    this.#buffer ??= this.#pool.take();
    this.#buffer.set(bytes, this.#count);
    this.#count += bytes.length;
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
