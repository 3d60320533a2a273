// A bounded log of whole lines in memory, addressed by absolute byte cursors.
//
// The byte with cursor c lies at c modulo the buffer's size. [base, end) is what is retained; both only grow, both
// always stand at the start of a line. A full ring drops whole oldest lines. The buffer starts empty and grows in
// powers of two up to the capacity, as far as the shared budget allows; a ring that may not grow drops lines earlier.

import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { RingBudget } from './ring-budget.ts';

const LF = 0x0a;
const BUFFER_SIZE_MIN = 256;
const LISTENERS_MAX = 1024;
const EMPTY = new Uint8Array(0);

/** How to make a ring. */
export interface RingOptions {
  /** Bytes it retains at most; at least 1. */
  readonly capacity: number;
  /** Memory shared with other rings; default: only the capacity bounds this one. */
  readonly budget?: RingBudget;
  /** Cursor of the first byte, for a log that goes on after a restart; default 0. */
  readonly start?: number;
  /** How many may listen at once; default 1024. */
  readonly listenersMax?: number;
  /** Whether `droppedLines` counts; a full ring then takes about 20 ns more an append. */
  readonly countsLines?: boolean;
}

/** Called after each append, in no promised order. Must not throw; it may add or remove listeners. */
export type RingListener = () => void;

/** A ring of lines. */
export class Ring {
  readonly capacity: number;
  readonly #budget: RingBudget | undefined;
  readonly #listenersMax: number;
  readonly #countsLines: boolean;
  readonly #listeners = new Set<RingListener>();
  #buffer: Uint8Array = EMPTY;
  #base: number;
  #end: number;
  #droppedBytes = 0;
  #droppedLines = 0;

  /** Throws RangeError for a capacity or start that makes no sense. */
  constructor(options: RingOptions) {
    const { capacity, start = 0, listenersMax = LISTENERS_MAX } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be 1 or more: ${capacity}`);
    if (!Number.isSafeInteger(start) || start < 0) throw new RangeError(`start must be 0 or more: ${start}`);
    this.capacity = capacity;
    this.#budget = options.budget;
    this.#listenersMax = listenersMax;
    this.#countsLines = options.countsLines === true;
    this.#base = start;
    this.#end = start;
  }

  /** Cursor of the oldest retained byte, the start of a line. */
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

  /** Lines that newer ones drove out since the ring was made; 0 unless it `countsLines`. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Bytes of memory the ring holds now. */
  get bufferSize(): number {
    return this.#buffer.length;
  }

  /**
   * Appends one or more whole lines as one record and answers the new end. `bytes` is copied and must end with LF;
   * anything else is a TypeError. No bytes at all is no record. Refuses with `too-big` a record over the capacity, and
   * with `buffer-full` one that does not fit because the budget is used up; then nothing changed.
   */
  append(bytes: Uint8Array): Result<number> {
    if (bytes.length === 0) return ok(this.#end);
    assert(bytes[bytes.length - 1] === LF, 'a record ends with LF');
    assert(this.#end + bytes.length <= Number.MAX_SAFE_INTEGER, 'a cursor is a safe integer');
    if (bytes.length > this.capacity) {
      return refuse('too-big', `a record of ${bytes.length} bytes is over the ${this.capacity} of this log`);
    }
    if (!this.#grow(bytes.length)) return refuse('buffer-full', 'the memory for logs is used up; see /proc/bounds');
    this.#dropFor(bytes.length);
    this.#put(bytes);
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
    const from = cursor % this.#buffer.length;
    const first = Math.min(count, this.#buffer.length - from);
    target.set(this.#buffer.subarray(from, from + first), targetOffset);
    if (first < count) target.set(this.#buffer.subarray(0, count - first), targetOffset + first);
    return count;
  }

  /** A copy of everything retained. */
  snapshot(): Uint8Array {
    return this.#copyFrom(this.#base);
  }

  /** A copy of the last `count` lines, or of all there are. */
  lastLines(count: number): Uint8Array {
    let cursor = this.#end;
    for (let line = 0; line < count && cursor > this.#base; line++) cursor = this.#lineStartBefore(cursor);
    return this.#copyFrom(cursor);
  }

  /** Drops everything and gives the memory back; cursors go on from the end. Counts as dropped. */
  clear(): void {
    this.#droppedBytes += this.#end - this.#base;
    this.#base = this.#end;
    this.#budget?.give(this.#buffer.length);
    this.#buffer = EMPTY;
  }

  /** Drops everything before `cursor`, which is the start of a line that is retained, or the end. Counts as dropped. */
  dropBefore(cursor: number): void {
    assert(cursor >= this.#base && cursor <= this.#end, `a ring drops only what it retains: ${cursor}`);
    this.#moveBase(cursor);
  }

  /** Calls `listener` after each append until it is removed. Refuses with `limit` when too many listen. */
  addListener(listener: RingListener): Result<void> {
    if (this.#listeners.size >= this.#listenersMax && !this.#listeners.has(listener)) {
      return refuse('limit', `${this.#listenersMax} readers follow this log already`);
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

  /** Makes the buffer large enough for `count` more bytes or for `count` at all; false when not even that is possible. */
  #grow(count: number): boolean {
    const wanted = Math.min(this.capacity, this.#end - this.#base + count);
    if (wanted <= this.#buffer.length) return true;
    return this.#resize(wanted) || count <= this.#buffer.length || this.#resize(count);
  }

  #resize(wanted: number): boolean {
    const size = Math.min(this.capacity, Math.max(BUFFER_SIZE_MIN, powerOfTwo(wanted)));
    if (this.#budget?.take(size - this.#buffer.length) === false) return false;
    const buffer = new Uint8Array(size);
    const before = this.#buffer;
    for (let cursor = this.#base; cursor < this.#end; ) {
      const from = cursor % before.length;
      const to = cursor % size;
      const count = Math.min(this.#end - cursor, before.length - from, size - to);
      buffer.set(before.subarray(from, from + count), to);
      cursor += count;
    }
    this.#buffer = buffer;
    return true;
  }

  /** Moves the base to the first line start that leaves room for `count` bytes. */
  #dropFor(count: number): void {
    const needed = this.#end + count - this.#buffer.length;
    if (needed <= this.#base) return;
    this.#moveBase(needed >= this.#end ? this.#end : this.#lineEndAfter(needed - 1));
  }

  #moveBase(base: number): void {
    if (this.#countsLines) {
      for (let cursor = this.#base; cursor < base; cursor = this.#lineEndAfter(cursor)) this.#droppedLines += 1;
    }
    this.#droppedBytes += base - this.#base;
    this.#base = base;
  }

  /** Cursor after the first LF at or after `cursor`, which is retained: so a LF follows it, if need be from index 0 on. */
  #lineEndAfter(cursor: number): number {
    const from = cursor % this.#buffer.length;
    const ahead = this.#buffer.indexOf(LF, from);
    if (ahead !== -1) return cursor + ahead - from + 1;
    return cursor + this.#buffer.length - from + this.#buffer.indexOf(LF) + 1;
  }

  /** Start of the line that ends just before `cursor`. */
  #lineStartBefore(cursor: number): number {
    for (let at = cursor - 2; at >= this.#base; ) {
      const index = at % this.#buffer.length;
      const found = this.#buffer.lastIndexOf(LF, index);
      // What is found before the base is left over from a dropped line.
      if (found !== -1) return Math.max(this.#base, at - (index - found) + 1);
      at -= index + 1;
    }
    return this.#base;
  }

  #put(bytes: Uint8Array): void {
    const size = this.#buffer.length;
    const to = this.#end % size;
    const first = Math.min(bytes.length, size - to);
    this.#buffer.set(first === bytes.length ? bytes : bytes.subarray(0, first), to);
    if (first < bytes.length) this.#buffer.set(bytes.subarray(first), 0);
    this.#end += bytes.length;
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

/** The smallest power of two that is at least `value`. */
function powerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
