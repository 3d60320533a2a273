// Reading a ring through one fid: the client gives offsets, the ring has cursors.
//
// Normally an offset is a cursor. When the bytes wanted are gone, the reader puts a marker in their place (`marker.ts`) and
// goes on at `next`: from the marker on, cursor = offset + delta with a new delta, because a client only ever adds what
// it received. The last marker is kept, so reading the same offset again gives the same bytes.
//
//   offsets   … markerAt ………… markerAt + marker.length …
//   bytes       the marker     the ring from `next` on
//
// A line of which the client has only a part is ended with LF before the marker, so that the marker is a line of its own.
// Frames have no such end. So a read ends between two of them, and of a frame that is longer than a read the rest is held
// until the client has it: what a client gets is a CBOR sequence whatever the ring drops meanwhile.

import { lossFrame, lossLine } from './marker.ts';
import type { Ring } from './ring.ts';

const LF = 0x0a;
const NO_BYTES = new Uint8Array(0);

/** Where bytes go, and how many at most. */
interface Room {
  readonly at: number;
  readonly countMax: number;
  /** Whether the read has given something already. */
  readonly isBegun: boolean;
}

/** The place of one fid in one ring. Bytes are copied at once, so a read never shows a record half overwritten. */
export class RingReader {
  readonly #ring: Ring;
  /** cursor - offset before the marker. */
  #deltaBefore = 0;
  #markerAt = 0;
  #marker: Uint8Array = NO_BYTES;
  /** cursor - offset after the marker. */
  #delta = 0;
  /** The rest of a frame of which the client has a part, and its offset. */
  #held: Uint8Array = NO_BYTES;
  #heldAt = 0;
  /** Offset after the last byte given out, and whether that byte left a line open. */
  #offsetNext = -1;
  #isInLine = false;

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /**
   * Reads from `offset` into `target` at `targetOffset`, at most `countMax` bytes and as far as `target` goes; answers
   * how many. 0 means: at the end, or beyond it (an offset over 2^53 is beyond it). Throws RangeError below 0.
   */
  read(offset: number | bigint, target: Uint8Array, targetOffset: number, countMax: number): number {
    if (offset < 0) throw new RangeError(`an offset is 0 or more: ${offset}`);
    if (offset > Number.MAX_SAFE_INTEGER) return 0;
    const from = Number(offset);
    const countBound = Math.min(countMax, target.length - targetOffset);
    let done = 0;
    while (done < countBound) {
      const room = { at: targetOffset + done, countMax: countBound - done, isBegun: done > 0 };
      const count = this.#step(from + done, target, room);
      if (count === 0) break;
      this.#offsetNext = from + done + count;
      this.#isInLine = target[targetOffset + done + count - 1] !== LF;
      done += count;
    }
    return done;
  }

  /** True when a read at `offset` would give at least one byte: what a follow waits for. */
  hasBytes(offset: number | bigint): boolean {
    if (offset > Number.MAX_SAFE_INTEGER) return false;
    const at = Number(offset);
    return at < this.#markerAt + this.#marker.length || this.#isHeld(at) || at + this.#delta < this.#ring.end;
  }

  /** How many of the `count` bytes that a read gave are whole records, so that a chunk can end there; all, when none is. */
  wholeCount(bytes: Uint8Array, count: number): number {
    // A read of frames ends between two of them already.
    if (this.#ring.records === 'frames') return count;
    const lineEnd = bytes.lastIndexOf(LF, count - 1) + 1;
    return lineEnd === 0 ? count : lineEnd;
  }

  /** Bytes of the marker or of the ring, whichever stands at `offset`; 0 at the end. */
  #step(offset: number, target: Uint8Array, room: Room): number {
    const markerEnd = this.#markerAt + this.#marker.length;
    if (this.#isHeld(offset)) return copy(this.#held.subarray(offset - this.#heldAt), target, room);
    if (offset < this.#markerAt) {
      // Read again from before the marker: what was there is gone.
      this.#lose(offset, Math.max(0, offset + this.#deltaBefore));
    } else if (offset >= markerEnd) {
      const cursor = offset + this.#delta;
      if (cursor >= this.#ring.base) return this.#copyRing(cursor, target, room);
      this.#deltaBefore = this.#delta;
      this.#lose(offset, cursor);
    }
    return copy(this.#marker.subarray(offset - this.#markerAt), target, room);
  }

  #copyRing(cursor: number, target: Uint8Array, room: Room): number {
    const count = this.#ring.copyInto(cursor, target, room.at, room.countMax);
    if (count === 0 || this.#ring.records === 'lines') return count;
    const whole = this.#ring.lastEnd(cursor, cursor + count);
    if (whole !== undefined) return whole - cursor;
    if (room.isBegun) return 0;
    this.#hold(cursor + count);
    return count;
  }

  /** Keeps the rest of the frame whose first bytes the client is given now. */
  #hold(cursor: number): void {
    const rest = new Uint8Array(this.#ring.recordEndAfter(cursor) - cursor);
    this.#ring.copyInto(cursor, rest, 0, rest.length);
    this.#held = rest;
    this.#heldAt = cursor - this.#delta;
  }

  #isHeld(offset: number): boolean {
    return offset >= this.#heldAt && offset < this.#heldAt + this.#held.length;
  }

  /** Puts a marker at `offset` for what is gone between `cursor` and the ring's base. */
  #lose(offset: number, cursor: number): void {
    const next = this.#ring.base;
    const unknown = this.#ring.unknownBetween(cursor, next);
    const loss = { bytes: next - cursor - unknown, next, unknown };
    const isOpen = this.#isInLine && offset === this.#offsetNext;
    this.#marker = this.#ring.records === 'frames' ? lossFrame(loss) : lossLine(loss, isOpen);
    this.#markerAt = offset;
    this.#delta = next - (offset + this.#marker.length);
    this.#held = NO_BYTES;
    this.#ring.lost(cursor);
  }
}

function copy(bytes: Uint8Array, target: Uint8Array, { at, countMax }: Room): number {
  const count = Math.min(bytes.length, countMax);
  target.set(count === bytes.length ? bytes : bytes.subarray(0, count), at);
  return count;
}
