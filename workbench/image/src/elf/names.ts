// A string table: names end with NUL, and a name may begin inside another. gABI, chapter 4, "String Table".
//
// Names that overlap could ask for far more text than the table has bytes: 100,000 names of 4 KiB from one table of 4 KiB.
// After `BUDGET` times the table's size, names are cut short.

import { textAt, textOf } from '../text.ts';

const BUDGET = 16;
const BUDGET_MIN = 1 << 20;
const SHORT = 32;

/** Names of one string table: `bytes[start..start + size)`, which lies inside the file. */
export class NameTable {
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly size: number;
  private budget: number;

  constructor(bytes: Uint8Array, start: number, size: number) {
    this.bytes = bytes;
    this.start = start;
    this.size = size;
    this.budget = Math.max(BUDGET_MIN, size * BUDGET);
  }

  /** Whether there is a name at an offset, of at least one byte. */
  has(offset: number): boolean {
    return offset >= 0 && offset < this.size && this.bytes[this.start + offset] !== 0;
  }

  /** The name at an offset of the table; empty outside it. Untrusted. */
  at(offset: number): string {
    if (!(offset >= 0 && offset < this.size)) return '';
    const [from, end] = [this.start + offset, this.start + this.size];
    if (this.budget < 0) return textOf(this.bytes, from, Math.min(end, from + SHORT)).split('\0', 1)[0] as string;
    const name = textAt(this.bytes, from, end);
    this.budget -= name.length;
    return name;
  }
}
