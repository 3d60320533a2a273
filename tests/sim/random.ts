// Random numbers of a simulation: sfc32 (C. Doty-Humphrey, PractRand 0.94; 128 bits of state, integers of 32 bits only), so
// that a seed means the same on every machine and every version of Node. Each part of a world draws from a stream of its
// own: what one part draws does not move the others.

/** A stream of random numbers. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same numbers for the same seed and name. */
  constructor(seed: number, name = '') {
    let hash = 0x811c9dc5;
    // FNV-1a over the name.
    for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = hash >>> 0;
    for (let round = 0; round < 15; round++) this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 to `count` - 1; `count` is far below 2^32, so that the bias does not matter here. */
  below(count: number): number {
    return this.next() % count;
  }

  /** `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True `times` in `of`. */
  chance(times: number, of: number): boolean {
    return this.below(of) < times;
  }

  /** One of them. @throws Error when there is none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** One of them, each as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let at = this.below(items.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of items) {
      if (at < weight) return item;
      at -= weight;
    }
    throw new Error('nothing to pick from');
  }

  /** Below 1, at least 0, in steps of 2^-32. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.next() & 0xff);
  }
}
