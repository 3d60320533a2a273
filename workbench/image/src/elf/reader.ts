// Integers of an ELF file in its own byte order and width, as numbers.
//
// Nothing here checks bounds: callers check a whole table once, by `has`. 64-bit values are exact below 2^53. Addresses are taken
// less the image's base in two halves, so that those of kernels stay exact too.

import { getU16, getU16be, getU32, getU32be } from '@cohesix/bytes';

const HALF = 0x1_0000_0000;

/** Reads integers of one file. */
export class ElfReader {
  readonly bytes: Uint8Array;
  readonly is64: boolean;
  readonly isLittle: boolean;
  /** Bytes of an address. */
  readonly wordSize: 4 | 8;
  /** What `address` takes off. */
  base = 0n;
  private baseLow = 0;
  private baseHigh = 0;

  constructor(bytes: Uint8Array, is64: boolean, isLittle: boolean) {
    this.bytes = bytes;
    this.is64 = is64;
    this.isLittle = isLittle;
    this.wordSize = is64 ? 8 : 4;
  }

  setBase(base: bigint): void {
    this.base = base;
    this.baseLow = Number(base & 0xffff_ffffn);
    this.baseHigh = Number(base >> 32n);
  }

  /** Whether `size` bytes at `at` lie inside the file. */
  has(at: number, size: number): boolean {
    return at >= 0 && size >= 0 && at + size <= this.bytes.length;
  }

  u16(at: number): number {
    return this.isLittle ? getU16(this.bytes, at) : getU16be(this.bytes, at);
  }

  u32(at: number): number {
    return this.isLittle ? getU32(this.bytes, at) : getU32be(this.bytes, at);
  }

  i32(at: number): number {
    return this.u32(at) | 0;
  }

  /** u64, exact below 2^53. */
  u64(at: number): number {
    return this.high(at) * HALF + this.low(at);
  }

  /** i64, exact within ±2^53. */
  i64(at: number): number {
    return (this.high(at) | 0) * HALF + this.low(at);
  }

  /** Every bit of a u64. */
  big64(at: number): bigint {
    return (BigInt(this.high(at)) << 32n) | BigInt(this.low(at));
  }

  /** A word of the file's class, unsigned. */
  word(at: number): number {
    return this.is64 ? this.u64(at) : this.u32(at);
  }

  /** A word of the file's class, signed. */
  signedWord(at: number): number {
    return this.is64 ? this.i64(at) : this.i32(at);
  }

  /** An address, less the base. */
  address(at: number): number {
    if (!this.is64) return this.u32(at);
    return (this.high(at) - this.baseHigh) * HALF + (this.low(at) - this.baseLow);
  }

  private low(at: number): number {
    return this.u32(this.isLittle ? at : at + 4);
  }

  private high(at: number): number {
    return this.u32(this.isLittle ? at + 4 : at);
  }
}

/** Whether a number may be an address or a size: an integer from 0 to 2^53 - 1. */
export function isPlace(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
