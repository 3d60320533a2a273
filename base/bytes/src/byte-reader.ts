// A bounded reader over borrowed bytes.
//
// It never throws for short or bad input. The first failure is kept in `failure`; from then on every read gives a
// zero value and the position stays. So a decoder reads all fields in a row and looks once, at the end.

import { assert } from '@cohesix/check';
import { getU16, getU16be, getU32, getU32be, getU64, getU64be } from './endian.ts';
import { decodeUtf8 } from './utf8.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Reads `bytes[start..end)` forward. Views it hands out are borrowed from `bytes`. */
export class ByteReader {
  /** The array read from; borrowed. */
  readonly bytes: Uint8Array;
  /** Offset in `bytes` of the next byte. */
  offset: number;
  /** Offset in `bytes` after the last byte. */
  readonly end: number;
  /** Why the first failing read failed; the empty string while none has. */
  failure: string;

  /** `0 <= start <= end <= bytes.length`, else a TypeError. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    assert(start >= 0 && start <= end && end <= bytes.length, 'a reader lies inside its bytes');
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
    this.failure = '';
  }

  /** Whether any read has failed. */
  get failed(): boolean {
    return this.failure !== '';
  }

  /** Bytes not read yet; 0 after a failure. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** Records a failure, if it is the first, and ends the reader. `reason` must not be empty. */
  fail(reason: string): void {
    if (this.failure === '') this.failure = reason;
    this.offset = this.end;
  }

  /** Fails unless every byte was read. */
  expectEnd(): void {
    if (this.offset !== this.end) this.fail('trailing bytes');
  }

  /** Steps over `count` bytes and returns the offset of the first, or -1 (failed) when they are not there. */
  take(count: number): number {
    const at = this.offset;
    if (this.failure !== '' || count < 0 || count > this.end - at) {
      this.fail('truncated');
      return -1;
    }
    this.offset = at + count;
    return at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : (this.bytes[at] as number);
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : getU16(this.bytes, at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : getU32(this.bytes, at);
  }

  u64(): bigint {
    const at = this.take(8);
    return at < 0 ? 0n : getU64(this.bytes, at);
  }

  u16be(): number {
    const at = this.take(2);
    return at < 0 ? 0 : getU16be(this.bytes, at);
  }

  u32be(): number {
    const at = this.take(4);
    return at < 0 ? 0 : getU32be(this.bytes, at);
  }

  u64be(): bigint {
    const at = this.take(8);
    return at < 0 ? 0n : getU64be(this.bytes, at);
  }

  /** The next `count` bytes as a view: borrowed, not copied. Empty when they are not there. */
  view(count: number): Uint8Array {
    const at = this.take(count);
    return at < 0 ? NO_BYTES : new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + at, count);
  }

  /** The next `count` bytes as strict UTF-8; fails with `not UTF-8` otherwise. */
  utf8(count: number): string {
    const at = this.take(count);
    if (at < 0) return '';
    const text = decodeUtf8(this.bytes, at, at + count);
    if (text !== undefined) return text;
    this.fail('not UTF-8');
    return '';
  }
}
