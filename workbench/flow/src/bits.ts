// Sets of positions in code: one bit a byte of code.

/** A set of whole numbers from 0 to `size` - 1. */
export class Bits {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size >>> 5) + 1);
  }

  add(position: number): void {
    const index = position >>> 5;
    this.#words[index] = (this.#words[index] as number) | (1 << (position & 31));
  }

  has(position: number): boolean {
    return (((this.#words[position >>> 5] as number) >>> (position & 31)) & 1) === 1;
  }

  /** Whether it has a member from `start` to `end` - 1. */
  hasBetween(start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const rest = (this.#words[at >>> 5] as number) >>> (at & 31);
      if (rest === 0) at = ((at >>> 5) + 1) << 5;
      else return at + (31 - Math.clz32(rest & -rest)) < end;
    }
    return false;
  }

  /** Calls `each` with every member, ascending. */
  forEach(each: (position: number) => void): void {
    const words = this.#words;
    for (let index = 0; index < words.length; index++) {
      let word = words[index] as number;
      while (word !== 0) {
        const low = word & -word;
        each(index * 32 + (31 - Math.clz32(low)));
        word ^= low;
      }
    }
  }
}
