// Reading a ring through one fid: the client gives offsets, the ring has cursors.
//
// Normally an offset is a cursor. When the bytes wanted are gone, the reader puts a marker line in their place,
//   ~ lost bytes=<count> next=<cursor>\n
// and goes on at `next`: from the marker on, cursor = offset + delta with a new delta, because a client only ever adds
// what it received. The last marker is kept, so reading the same offset again gives the same bytes. A line of which the
// client has only a part is ended with LF before the marker, so that the marker is a line of its own.
//
//   offsets   … markerAt ………… markerAt + marker.length …
//   bytes       the marker     the ring from `next` on

import type { Ring } from './ring.ts';

const LF = 0x0a;
const NO_MARKER = new Uint8Array(0);
const encoder = new TextEncoder();

/** The place of one fid in one ring. Bytes are copied at once, so a read never shows a line half overwritten. */
export class RingReader {
  readonly #ring: Ring;
  /** cursor - offset before the marker. */
  #deltaBefore = 0;
  #markerAt = 0;
  #marker: Uint8Array = NO_MARKER;
  /** cursor - offset after the marker. */
  #delta = 0;
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
      const count = this.#step(from + done, target, { at: targetOffset + done, countMax: countBound - done });
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
    return at < this.#markerAt + this.#marker.length || at + this.#delta < this.#ring.end;
  }

  /** Bytes of the marker or of the ring, whichever stands at `offset`; 0 at the end. */
  #step(offset: number, target: Uint8Array, room: { readonly at: number; readonly countMax: number }): number {
    const markerEnd = this.#markerAt + this.#marker.length;
    if (offset < this.#markerAt) {
      // Read again from before the marker: what was there is gone.
      this.#lose(offset, Math.max(0, offset + this.#deltaBefore));
    } else if (offset >= markerEnd) {
      const cursor = offset + this.#delta;
      if (cursor >= this.#ring.base) return this.#ring.copyInto(cursor, target, room.at, room.countMax);
      this.#deltaBefore = this.#delta;
      this.#lose(offset, cursor);
    }
    return this.#copyMarker(offset - this.#markerAt, target, room);
  }

  #copyMarker(from: number, target: Uint8Array, room: { readonly at: number; readonly countMax: number }): number {
    const bytes = this.#marker.subarray(from, from + room.countMax);
    target.set(bytes, room.at);
    return bytes.length;
  }

  /** Puts a marker at `offset` for what is gone between `cursor` and the ring's base. */
  #lose(offset: number, cursor: number): void {
    const next = this.#ring.base;
    const isOpen = this.#isInLine && offset === this.#offsetNext;
    this.#marker = encoder.encode(`${isOpen ? '\n' : ''}~ lost bytes=${next - cursor} next=${next}\n`);
    this.#markerAt = offset;
    this.#delta = next - (offset + this.#marker.length);
  }
}
