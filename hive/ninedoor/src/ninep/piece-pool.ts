// Copies of what clients write into stores, in buffers that are used again: a store keeps a piece for longer than the
// connection keeps its input, and an array for each of thousands of large messages costs more than the copying.

/** Bytes of free buffers kept; more are left to the garbage collector. */
const KEPT_BYTES_MAX = 8 << 20;
/** Pieces below this are arrays of their own: they cost nothing to speak of. */
const POOLED_MIN = 4096;

/** A copy on loan. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Gives the buffer back; nobody may look at `bytes` any more. */
  readonly release: () => void;
}

/** Buffers shared by all connections of a server. */
export class PiecePool {
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** A copy of `data`. */
  copy(data: Uint8Array): Piece {
    if (data.length < POOLED_MIN) return { bytes: Uint8Array.from(data), release: () => undefined };
    const buffer = this.#take(data.length);
    const bytes = new Uint8Array(buffer, 0, data.length);
    bytes.set(data);
    return { bytes, release: () => this.#give(buffer) };
  }

  #take(size: number): ArrayBuffer {
    // The pieces of one transfer have one size, so the last buffer that came back nearly always fits.
    const last = this.#free.pop();
    if (last === undefined) return new ArrayBuffer(size);
    this.#freeBytes -= last.byteLength;
    return last.byteLength >= size ? last : new ArrayBuffer(size);
  }

  #give(buffer: ArrayBuffer): void {
    if (this.#freeBytes + buffer.byteLength > KEPT_BYTES_MAX) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
  }
}
