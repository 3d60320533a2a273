// A bounded log of whole records in memory, addressed by absolute byte cursors. A record is a line, or in a ring of
// frames one item of a CBOR sequence (RFC 8742), which does not show its end and is listed.
//
// [base, end) is what is retained; both only grow, both always stand at the start of a record. A full ring drops whole
// oldest records. The memory starts empty and grows in powers of two up to the capacity, as far as the shared budget
// allows; a ring that may not grow drops records earlier, and the budget may halve a large one.

import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { Circle } from './circle.ts';
import { type Gap, unknownIn } from './gap.ts';
import { RecordEnds } from './record-ends.ts';
import { type BudgetHolder, halfOf, powerOfTwo, type RingBudget } from './ring-budget.ts';

const LF = 0x0a;
const BUFFER_SIZE_MIN = 256;
const LISTENERS_MAX = 1024;
const NO_GAPS: readonly Gap[] = [];

/** How to make a ring. */
export interface RingOptions {
  /** Bytes it retains at most; at least 1. */
  readonly capacity: number;
  /** What its records are; default: lines. */
  readonly records?: 'lines' | 'frames';
  /** Memory shared with other rings; default: only the capacity bounds this one. */
  readonly budget?: RingBudget;
  /** Cursor of the first byte, for a log that goes on after a restart; default 0. */
  readonly start?: number;
  /** Cursors below `start` of which nobody knows whether they were given out. */
  readonly gaps?: readonly Gap[];
  /** How many may listen at once; default 1024. */
  readonly listenersMax?: number;
  /** Whether `droppedLines` counts; a full ring of lines then takes about 20 ns more an append. */
  readonly countsLines?: boolean;
  /** Told of each loss that a reader is told of: the cursor it wanted, and where it goes on. Must not throw. */
  readonly onLost?: (cursor: number, next: number) => void;
}

/** Called after each append, in no promised order. Must not throw; it may add or remove listeners. */
export type RingListener = () => void;

/** A ring of records. */
export class Ring implements BudgetHolder {
  readonly capacity: number;
  readonly #options: RingOptions;
  readonly #listeners = new Set<RingListener>();
  readonly #circle = new Circle();
  /** Of a ring of frames. */
  readonly #ends: RecordEnds | undefined;
  #base: number;
  #end: number;
  #droppedBytes = 0;
  #droppedLines = 0;

  /** Throws RangeError for a capacity or start that makes no sense. */
  constructor(options: RingOptions) {
    const { capacity, start = 0 } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be 1 or more: ${capacity}`);
    if (!Number.isSafeInteger(start) || start < 0) throw new RangeError(`start must be 0 or more: ${start}`);
    this.capacity = capacity;
    this.#options = options;
    this.#ends = options.records === 'frames' ? new RecordEnds() : undefined;
    this.#base = start;
    this.#end = start;
  }

  /** What its records are. */
  get records(): 'lines' | 'frames' {
    return this.#ends === undefined ? 'lines' : 'frames';
  }

  /** Cursor of the oldest retained byte, the start of a record. */
  get base(): number {
    return this.#base;
  }

  /** Cursor after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** Bytes dropped to make room since the ring was made. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Records that newer ones drove out since the ring was made; 0 unless it `countsLines`. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Bytes of memory the ring holds now. */
  get bufferSize(): number {
    return this.#circle.size;
  }

  /**
   * Appends one or more whole records and answers the new end. `bytes` is copied and must end with LF; in a ring of frames
   * `sizes` lists the bytes of each. Anything else is a TypeError. No bytes at all is no record. Refuses with `too-big` what
   * is over the capacity, and with `buffer-full` what does not fit because the budget is used up; then nothing changed.
   */
  append(bytes: Uint8Array, sizes?: readonly number[]): Result<number> {
    if (bytes.length === 0) return ok(this.#end);
    if (this.#ends === undefined) assert(bytes[bytes.length - 1] === LF, 'a record ends with LF');
    assert(this.#end + bytes.length <= Number.MAX_SAFE_INTEGER, 'a cursor is a safe integer');
    if (bytes.length > this.capacity) {
      return refuse('too-big', `a record of ${bytes.length} bytes is over the ${this.capacity} of this log`);
    }
    if (!this.#grow(bytes.length)) return refuse('buffer-full', 'the memory for logs is used up; see /proc/bounds');
    this.#dropFor(bytes.length);
    this.#circle.put(bytes, this.#end);
    if (this.#ends !== undefined) this.#list(sizes, bytes.length);
    this.#end += bytes.length;
    if (this.#listeners.size > 0) this.#notify();
    return ok(this.#end);
  }

  /**
   * Copies at most `countMax` bytes from `cursor` on into `target` at `targetOffset`, as far as both go, and answers
   * how many: 0 at or after the end, and below the base, where nothing is any more.
   */
  copyInto(cursor: number, target: Uint8Array, targetOffset: number, countMax: number): number {
    if (!(cursor >= this.#base && cursor < this.#end)) return 0;
    const count = Math.min(this.#end - cursor, countMax, target.length - targetOffset);
    if (count <= 0) return 0;
    this.#circle.copy(cursor, target, targetOffset, count);
    return count;
  }

  /** A copy of everything retained. */
  snapshot(): Uint8Array {
    return this.#copyFrom(this.#base);
  }

  /** A copy of the last `count` records, or of all there are. */
  lastLines(count: number): Uint8Array {
    if (this.#ends !== undefined) return this.#copyFrom(this.#ends.fromLast(count) ?? this.#base);
    let cursor = this.#end;
    for (let line = 0; line < count && cursor > this.#base; line++) cursor = this.#lineStartBefore(cursor);
    return this.#copyFrom(cursor);
  }

  /** Cursor of the last end of a record above `from` and at or below `to`; undefined when there is none. */
  lastEnd(from: number, to: number): number | undefined {
    const end = this.#ends === undefined ? this.#lineStartBefore(to + 1) : this.#ends.atMost(to);
    return end !== undefined && end > from ? end : undefined;
  }

  /** Cursor after the record that holds the retained byte at `cursor`. */
  recordEndAfter(cursor: number): number {
    return this.#ends === undefined ? this.#circle.indexOf(LF, cursor) + 1 : (this.#ends.after(cursor) ?? this.#end);
  }

  /** How many of the cursors in [from, to) nobody knows of whether they were given out before the last crash. */
  unknownBetween(from: number, to: number): number {
    return unknownIn(this.#options.gaps ?? NO_GAPS, from, to);
  }

  /** A reader wanted `cursor`, which is gone, and was told of it. */
  lost(cursor: number): void {
    this.#options.onLost?.(cursor, this.#base);
  }

  /** Drops everything and gives the memory back; cursors go on from the end. Counts as dropped. */
  clear(): void {
    this.#droppedBytes += this.#end - this.#base;
    this.#base = this.#end;
    this.#ends?.dropTo(this.#end);
    this.#options.budget?.resize(this, 0);
    this.#circle.resize(0, this.#end, this.#end);
  }

  /** Drops everything before `cursor`, which is the start of a record that is retained, or the end. Counts as dropped. */
  dropBefore(cursor: number): void {
    assert(cursor >= this.#base && cursor <= this.#end, `a ring drops only what it retains: ${cursor}`);
    this.#moveBase(cursor);
  }

  /** Goes on with half of its memory, without the records that have no room in it: the budget needs the rest. */
  halve(): void {
    const size = halfOf(this.#circle.size);
    this.#dropBelow(this.#end - size);
    this.#options.budget?.resize(this, size);
    this.#circle.resize(size, this.#base, this.#end);
  }

  /** Calls `listener` after each append until it is removed. Refuses with `limit` when too many listen. */
  addListener(listener: RingListener): Result<void> {
    const { listenersMax = LISTENERS_MAX } = this.#options;
    if (this.#listeners.size >= listenersMax && !this.#listeners.has(listener)) {
      return refuse('limit', `${listenersMax} readers follow this log already`);
    }
    this.#listeners.add(listener);
    return ok(undefined);
  }

  /** The opposite of `addListener`; unknown listeners are ignored. */
  removeListener(listener: RingListener): void {
    this.#listeners.delete(listener);
  }

  /** How many listen. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Makes the memory large enough for `count` more bytes or for `count` at all; false when not even that is possible. */
  #grow(count: number): boolean {
    const wanted = Math.min(this.capacity, this.#end - this.#base + count);
    if (wanted <= this.#circle.size) return true;
    return this.#resize(wanted) || count <= this.#circle.size || this.#resize(count);
  }

  #resize(wanted: number): boolean {
    const size = Math.min(this.capacity, Math.max(BUFFER_SIZE_MIN, powerOfTwo(wanted)));
    if (this.#options.budget?.resize(this, size) === false) return false;
    this.#circle.resize(size, this.#base, this.#end);
    return true;
  }

  #list(sizes: readonly number[] | undefined, count: number): void {
    let end = this.#end;
    for (const size of sizes ?? []) {
      end += size;
      this.#ends?.push(end);
    }
    assert(end === this.#end + count, 'the frames of an append are listed');
  }

  /** Drops what is in the way of `count` bytes. */
  #dropFor(count: number): void {
    this.#dropBelow(this.#end + count - this.#circle.size);
  }

  /** Moves the base to the first start of a record at or after `needed`. */
  #dropBelow(needed: number): void {
    if (needed <= this.#base) return;
    this.#moveBase(needed >= this.#end ? this.#end : this.recordEndAfter(needed - 1));
  }

  #moveBase(base: number): void {
    if (this.#ends !== undefined) this.#droppedLines += this.#ends.dropTo(base);
    else if (this.#options.countsLines === true) {
      for (let cursor = this.#base; cursor < base; cursor = this.recordEndAfter(cursor)) this.#droppedLines += 1;
    }
    this.#droppedBytes += base - this.#base;
    this.#base = base;
  }

  /** Start of the line that ends just before `cursor`. */
  #lineStartBefore(cursor: number): number {
    const before = this.#circle.lastIndexOf(LF, cursor - 2, this.#base);
    return before === undefined ? this.#base : before + 1;
  }

  #copyFrom(cursor: number): Uint8Array {
    const copy = new Uint8Array(this.#end - cursor);
    this.copyInto(cursor, copy, 0, copy.length);
    return copy;
  }

  #notify(): void {
    // A copy, since a listener may remove and add itself.
    for (const listener of [...this.#listeners]) listener();
  }
}
