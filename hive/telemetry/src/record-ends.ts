// Where the records of a ring end, for records that do not show it themselves: ascending cursors, dropped at the front as
// the ring drops records. One number for each record, so at most an eighth more memory for records of 64 bytes.

/** Dropped entries that are kept in the array before it is cut. */
const SLACK = 256;

/** Ends of records, oldest first. */
export class RecordEnds {
  #ends: number[] = [];
  /** Index of the oldest one that counts. */
  #first = 0;

  /** How many records there are. */
  get count(): number {
    return this.#ends.length - this.#first;
  }

  /** Adds the end of a newer record. */
  push(end: number): void {
    this.#ends.push(end);
  }

  /** Forgets those at or below `base`; answers how many those were. */
  dropTo(base: number): number {
    const before = this.#first;
    while (this.#first < this.#ends.length && (this.#ends[this.#first] ?? 0) <= base) this.#first += 1;
    const dropped = this.#first - before;
    if (this.#first > SLACK && this.#first * 2 > this.#ends.length) {
      this.#ends = this.#ends.slice(this.#first);
      this.#first = 0;
    }
    return dropped;
  }

  /** The first end above `cursor`; undefined when there is none. */
  after(cursor: number): number | undefined {
    return this.#ends[this.#indexAfter(cursor)];
  }

  /** The last end at or below `cursor`; undefined when there is none. */
  atMost(cursor: number): number | undefined {
    const index = this.#indexAfter(cursor) - 1;
    return index < this.#first ? undefined : this.#ends[index];
  }

  /** The end of the record that stands `count` records before the newest one's end; undefined when there are fewer. */
  fromLast(count: number): number | undefined {
    const index = this.#ends.length - 1 - count;
    return index < this.#first ? undefined : this.#ends[index];
  }

  /** Index of the first end above `cursor`, by halves. */
  #indexAfter(cursor: number): number {
    let low = this.#first;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) > cursor) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
