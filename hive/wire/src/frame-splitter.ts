// Bytes of a connection, in whatever pieces they come, to whole frames: `size[4]` little endian, counting itself.
//
// Both protocols of a hive frame like this, 9P and the console. A frame that lies in one chunk is handed out as a
// range of that chunk, not copied. One that is cut is collected in an array that grows with what has arrived, never
// with what was promised. What `next` hands out is borrowed: it stays as it is until the following `push`.

import { getU32 } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { HEADER_BYTES } from './constants.ts';

/** Bounds of a splitter, in bytes of a whole frame. */
export interface FrameBounds {
  /** Smallest legal frame, at least 4. */
  readonly sizeMin: number;
  /** Largest legal frame. */
  readonly sizeMax: number;
  /** Whether a frame over `sizeMax` is skipped and reported (`oversize`) instead of ending the stream. */
  readonly drainOversize: boolean;
}

/**
 * What `next` found. `frame`: one is at `bytes[start..end)`. `more`: push again. `oversize`: a frame over the limit
 * begins here and will be skipped. `undersize`, `too-big`: the stream is broken and stays so.
 */
export type SplitStep = 'frame' | 'more' | 'oversize' | 'undersize' | 'too-big';

const SIZE_BYTES = 4;
const CARRY_START = 512;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A splitter for 9P: frames of 7 to `msize` bytes, anything else ends the stream. */
export function create9pSplitter(msize: number): FrameSplitter {
  return new FrameSplitter({ sizeMin: HEADER_BYTES, sizeMax: msize, drainOversize: false });
}

/** Splits a byte stream into frames. One per connection. */
export class FrameSplitter {
  /** Where the present frame lies; borrowed, valid after `next` returned `frame` and until the next `push`. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** Size that the last frame declared, also of one that is refused. */
  declaredSize = 0;

  private bounds: FrameBounds;
  private chunk: Uint8Array = NO_BYTES;
  private chunkAt = 0;
  private carry: Uint8Array = NO_BYTES;
  private carryLength = 0;
  private carryIsOut = false;
  private drainLeft = 0;
  private wantsMore = true;
  private broken: SplitStep | undefined;

  constructor(bounds: FrameBounds) {
    assert(bounds.sizeMin >= SIZE_BYTES && bounds.sizeMax >= bounds.sizeMin, 'bounds of a splitter');
    this.bounds = bounds;
  }

  /** Bytes of an unfinished frame that are held. */
  get pendingBytes(): number {
    return (this.carryIsOut ? 0 : this.carryLength) + this.chunk.length - this.chunkAt;
  }

  /** Changes the bounds for the frames after the present one: after Tversion, or after AUTH. */
  setBounds(bounds: Partial<FrameBounds>): void {
    this.bounds = { ...this.bounds, ...bounds };
  }

  /**
   * Takes the next bytes of the stream. They are borrowed until the following `push` and must not change until then.
   * Only after `next` returned `more` (else a TypeError); a broken stream ignores them.
   */
  push(chunk: Uint8Array): void {
    if (this.broken !== undefined) return;
    assert(this.wantsMore, 'a splitter is pushed after it asked for more');
    this.keepRest();
    this.chunk = chunk;
    this.chunkAt = 0;
    this.wantsMore = false;
  }

  /** Finds the next frame. Call until it returns anything but `frame` or `oversize`. */
  next(): SplitStep {
    if (this.broken !== undefined) return this.broken;
    if (this.carryIsOut) this.dropCarry();
    const step = this.advance();
    this.wantsMore = step === 'more';
    return step;
  }

  private advance(): SplitStep {
    if (this.drainLeft > 0 && !this.drain()) return 'more';
    return this.carryLength > 0 ? this.nextCarried() : this.nextInChunk();
  }

  private nextInChunk(): SplitStep {
    const available = this.chunk.length - this.chunkAt;
    if (available < SIZE_BYTES) return 'more';
    const size = getU32(this.chunk, this.chunkAt);
    const bad = this.checkSize(size);
    if (bad !== undefined) return bad;
    if (available < size) return 'more';
    this.show(this.chunk, this.chunkAt, size);
    this.chunkAt += size;
    return 'frame';
  }

  private nextCarried(): SplitStep {
    if (!this.collect(SIZE_BYTES)) return 'more';
    const size = getU32(this.carry, 0);
    const bad = this.checkSize(size);
    if (bad !== undefined) return bad;
    if (!this.collect(size)) return 'more';
    this.show(this.carry, 0, size);
    this.carryIsOut = true;
    return 'frame';
  }

  private show(bytes: Uint8Array, start: number, size: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = start + size;
  }

  /** Undefined when a frame of `size` may follow; otherwise what to report. */
  private checkSize(size: number): SplitStep | undefined {
    this.declaredSize = size;
    if (size < this.bounds.sizeMin) this.broken = 'undersize';
    else if (size <= this.bounds.sizeMax) return undefined;
    else if (!this.bounds.drainOversize) this.broken = 'too-big';
    else {
      this.drainLeft = size - this.carryLength;
      this.dropCarry();
      return 'oversize';
    }
    return this.broken;
  }

  /** Skips what was declared; false when more of it is still to come. */
  private drain(): boolean {
    const count = Math.min(this.drainLeft, this.chunk.length - this.chunkAt);
    this.chunkAt += count;
    this.drainLeft -= count;
    return this.drainLeft === 0;
  }

  /** Moves bytes of the chunk to the carry until it has `size`; false when the chunk ends before. */
  private collect(size: number): boolean {
    const count = Math.min(size - this.carryLength, this.chunk.length - this.chunkAt);
    if (count > 0) this.keep(count);
    return this.carryLength >= size;
  }

  /** Moves the next `count` bytes of the chunk to the carry. */
  private keep(count: number): void {
    const length = this.carryLength + count;
    if (length > this.carry.length) {
      const grown = new Uint8Array(Math.max(length, this.carry.length * 2, CARRY_START));
      grown.set(this.carry.subarray(0, this.carryLength));
      this.carry = grown;
    }
    this.carry.set(this.chunk.subarray(this.chunkAt, this.chunkAt + count), this.carryLength);
    this.carryLength = length;
    this.chunkAt += count;
  }

  /** Before the chunk goes: keeps the frame that it ends in the middle of. */
  private keepRest(): void {
    const count = this.chunk.length - this.chunkAt;
    if (count > 0) this.keep(count);
  }

  private dropCarry(): void {
    this.carryLength = 0;
    this.carryIsOut = false;
  }
}
