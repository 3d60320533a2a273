// A growable, bounded, reusable writer.
//
// `bytes[0..length)` is what was written. The array grows by doubling up to `sizeMax` and is kept by `reset`, so a
// writer that is used again does not allocate. A write that would pass `sizeMax` writes nothing and sets `failed`;
// from then on nothing is written until `reset` or `rewind`.

import { assert } from '@cohesix/check';
import { putU16, putU16be, putU32, putU32be, putU64, putU64be } from './endian.ts';
import { encodeUtf8Into, utf8Length } from './utf8.ts';

/** Bounds of a writer, in bytes. */
export interface ByteWriterOptions {
  /** Bytes allocated at once; default 256. */
  readonly sizeStart?: number;
  /** Most bytes it may ever hold; default 1 MiB. */
  readonly sizeMax?: number;
}

const SIZE_START = 256;
const SIZE_MAX = 1 << 20;

/** Writes forward into an array of its own. */
export class ByteWriter {
  /** The array written into. A growing write replaces it: take it again after each one. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes written so far. */
  length: number;
  /** Whether a write did not fit since the last `reset` or `rewind`. */
  failed: boolean;
  /** Most bytes it may hold. */
  readonly sizeMax: number;

  constructor(options: ByteWriterOptions = {}) {
    this.sizeMax = options.sizeMax ?? SIZE_MAX;
    assert(this.sizeMax >= 0, 'a writer has a bound');
    this.bytes = new Uint8Array(Math.min(options.sizeStart ?? SIZE_START, this.sizeMax));
    this.length = 0;
    this.failed = false;
  }

  /** Forgets what was written; keeps the array. */
  reset(): void {
    this.length = 0;
    this.failed = false;
  }

  /** Goes back to `length`, at most the present one, and forgets a failure. */
  rewind(length: number): void {
    assert(length >= 0 && length <= this.length, 'a writer rewinds backwards');
    this.length = length;
    this.failed = false;
  }

  /** What was written, as a view: borrowed, valid until the next write or `reset`. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** What was written, as a copy. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  /**
   * Appends `count` bytes of unspecified content and returns the offset of the first; the caller fills them in.
   * Returns -1, with nothing appended, when they do not fit.
   */
  reserve(count: number): number {
    const at = this.length;
    const end = at + count;
    if (this.failed || end > this.bytes.length) {
      if (!this.grow(end)) return -1;
    }
    this.length = end;
    return at;
  }

  /** Makes room for `count` more bytes without appending any. False when they would not fit, and after a failure. */
  ensure(count: number): boolean {
    if (this.failed) return false;
    return this.length + count <= this.bytes.length || this.grow(this.length + count);
  }

  u8(value: number): void {
    const at = this.reserve(1);
    if (at >= 0) this.bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    if (at >= 0) putU16(this.bytes, at, value);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    if (at >= 0) putU32(this.bytes, at, value);
  }

  u64(value: bigint): void {
    const at = this.reserve(8);
    if (at >= 0) putU64(this.bytes, at, value);
  }

  u16be(value: number): void {
    const at = this.reserve(2);
    if (at >= 0) putU16be(this.bytes, at, value);
  }

  u32be(value: number): void {
    const at = this.reserve(4);
    if (at >= 0) putU32be(this.bytes, at, value);
  }

  u64be(value: bigint): void {
    const at = this.reserve(8);
    if (at >= 0) putU64be(this.bytes, at, value);
  }

  /** Appends a copy of `data`. */
  append(data: Uint8Array): void {
    const at = this.reserve(data.length);
    if (at >= 0) this.bytes.set(data, at);
  }

  /** Appends `text` as UTF-8; lone surrogates become U+FFFD. Returns the bytes appended, or -1. */
  utf8(text: string): number {
    const count = utf8Length(text);
    const at = this.reserve(count);
    if (at < 0) return -1;
    encodeUtf8Into(text, this.bytes, at);
    return count;
  }

  private grow(end: number): boolean {
    if (this.failed || end > this.sizeMax) {
      this.failed = true;
      return false;
    }
    const size = Math.min(this.sizeMax, Math.max(end, this.bytes.length * 2));
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    return true;
  }
}
