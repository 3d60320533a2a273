// Buffers of one size that are used again: to allocate one for each use costs more than to fill it.

/** Buffers kept for later; those that are given back beyond go. */
const KEPT_MAX = 16;

/** Buffers that are free. */
export class BufferPool {
  /** Size of each. */
  readonly bytes: number;
  readonly #allocate: (bytes: number) => Uint8Array;
  readonly #free: Uint8Array[] = [];

  constructor(bytes: number, allocate: (bytes: number) => Uint8Array = (count) => new Uint8Array(count)) {
    this.bytes = bytes;
    this.#allocate = allocate;
  }

  /** A buffer, whatever is in it. */
  take(): Uint8Array {
    return this.#free.pop() ?? this.#allocate(this.bytes);
  }

  /** Takes back what `take` gave. */
  give(buffer: Uint8Array): void {
    if (this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}
