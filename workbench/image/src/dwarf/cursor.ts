// Reads DWARF data forward. DWARF 5, section 7 (data representation).
//
// What lies beyond the end reads as 0 and sets `isShort`; the position then stays at the end, so that every loop over `at` ends.

import { getU16, getU16be, getU32, getU32be } from '@cohesix/bytes';
import { nameEnd, textOf } from '../text.ts';

const HALF = 0x1_0000_0000;

/** Reads one section. */
export class DwarfCursor {
  readonly bytes: Uint8Array;
  readonly isLittle: boolean;
  at = 0;
  end: number;
  isShort = false;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.bytes = bytes;
    this.isLittle = isLittle;
    this.end = bytes.length;
  }

  /** Goes to an offset, and stops reading at `end`. */
  seek(at: number, end: number = this.bytes.length): this {
    this.end = Math.min(end, this.bytes.length);
    this.at = at >= 0 && at <= this.end ? at : this.end;
    this.isShort = at < 0 || at > this.end;
    return this;
  }

  /** Steps over bytes and gives the offset of the first, or -1 at the end. */
  private take(size: number): number {
    const at = this.at;
    if (!(size >= 0) || size > this.end - at) {
      this.isShort = true;
      this.at = this.end;
      return -1;
    }
    this.at = at + size;
    return at;
  }

  skip(size: number): void {
    this.take(size);
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : (this.bytes[at] as number);
  }

  u16(): number {
    const at = this.take(2);
    if (at < 0) return 0;
    return this.isLittle ? getU16(this.bytes, at) : getU16be(this.bytes, at);
  }

  u24(): number {
    const [first, second, third] = [this.u8(), this.u8(), this.u8()];
    return this.isLittle ? first | (second << 8) | (third << 16) : (first << 16) | (second << 8) | third;
  }

  u32(): number {
    const at = this.take(4);
    if (at < 0) return 0;
    return this.isLittle ? getU32(this.bytes, at) : getU32be(this.bytes, at);
  }

  /** Exact below 2^53. */
  u64(): number {
    const [first, second] = [this.u32(), this.u32()];
    return this.isLittle ? second * HALF + first : first * HALF + second;
  }

  /** An unsigned integer of 1, 2, 3, 4 or 8 bytes. */
  uint(size: number): number {
    if (size === 8) return this.u64();
    if (size === 4) return this.u32();
    if (size === 3) return this.u24();
    return size === 2 ? this.u16() : this.u8();
  }

  /** ULEB128, exact below 2^53; at most ten bytes are taken. */
  uleb(): number {
    let [value, scale] = [0, 1];
    for (let left = 10; left > 0; left -= 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** SLEB128, exact within ±2^53. */
  sleb(): number {
    let [value, scale] = [0, 1];
    for (let left = 10; left > 0; left -= 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    return value;
  }

  /** Steps over a text that ends with NUL and gives where it begins. */
  string(): number {
    const at = this.at;
    while (this.at < this.end && this.bytes[this.at] !== 0) this.at += 1;
    this.skip(1);
    return at;
  }

  /** The text at an offset of the section, cut at `sizeMax` bytes. Untrusted. */
  textAt(at: number, sizeMax: number = Number.POSITIVE_INFINITY): string {
    if (!(at >= 0 && at < this.bytes.length)) return '';
    return textOf(this.bytes, at, nameEnd(this.bytes, at, Math.min(this.bytes.length, at + sizeMax)));
  }
}
