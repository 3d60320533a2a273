// A list of numbers that grows: eight bytes each, where an array of numbers beyond 2^31 would box every one.

const FIRST = 1024;

/** Numbers in the order they were added. */
export class NumberList {
  #values = new Float64Array(FIRST);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = value;
  }

  /** The numbers; borrowed, until the next `push`. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#count);
  }
}
