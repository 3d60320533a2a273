// Bytes in a circle: the byte with cursor c lies at c modulo the size. Who uses it knows which cursors it holds; here
// nothing is checked but that a size is there. Cursors are absolute and only grow.

const EMPTY = new Uint8Array(0);

/** Memory for bytes with absolute cursors. It has no bytes until `resize`. */
export class Circle {
  #bytes: Uint8Array = EMPTY;

  /** Bytes of memory. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Takes memory of another size and keeps the bytes from `base` up to `end`, which must fit into both; 0 gives it back. */
  resize(size: number, base: number, end: number): void {
    const before = this.#bytes;
    const after = size === 0 ? EMPTY : new Uint8Array(size);
    for (let cursor = base; cursor < end; ) {
      const from = cursor % before.length;
      const to = cursor % size;
      const count = Math.min(end - cursor, before.length - from, size - to);
      after.set(before.subarray(from, from + count), to);
      cursor += count;
    }
    this.#bytes = after;
  }

  /** Puts bytes, at most as many as the size, at a cursor. They are copied. */
  put(bytes: Uint8Array, cursor: number): void {
    const to = cursor % this.#bytes.length;
    const first = Math.min(bytes.length, this.#bytes.length - to);
    this.#bytes.set(first === bytes.length ? bytes : bytes.subarray(0, first), to);
    if (first < bytes.length) this.#bytes.set(bytes.subarray(first), 0);
  }

  /** Copies `count` bytes, at most the size, from a cursor into `target` at `targetOffset`. */
  copy(cursor: number, target: Uint8Array, targetOffset: number, count: number): void {
    const from = cursor % this.#bytes.length;
    const first = Math.min(count, this.#bytes.length - from);
    target.set(this.#bytes.subarray(from, from + first), targetOffset);
    if (first < count) target.set(this.#bytes.subarray(0, count - first), targetOffset + first);
  }

  /** Cursor of the first byte `value` at or after `cursor`; there must be one within the size. */
  indexOf(value: number, cursor: number): number {
    const from = cursor % this.#bytes.length;
    const ahead = this.#bytes.indexOf(value, from);
    if (ahead !== -1) return cursor + ahead - from;
    return cursor + this.#bytes.length - from + this.#bytes.indexOf(value);
  }

  /** Cursor of the last byte `value` at or before `cursor` and not below `base`; undefined when there is none. */
  lastIndexOf(value: number, cursor: number, base: number): number | undefined {
    for (let at = cursor; at >= base; ) {
      const index = at % this.#bytes.length;
      const found = this.#bytes.lastIndexOf(value, index);
      // What is found before the base is left over from bytes that were overwritten.
      if (found !== -1) return at - (index - found) < base ? undefined : at - (index - found);
      at -= index + 1;
    }
    return undefined;
  }
}
