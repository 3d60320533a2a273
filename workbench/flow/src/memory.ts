// What a program would find at an address before it runs: bytes of the file. Small reads, many of them.

import type { Image, Segment } from '@cohesix/image';

/** Reads little endian numbers at addresses; remembers the segment it read last. */
export class Memory {
  readonly #bytes: Uint8Array;
  readonly #segments: readonly Segment[];
  #last: Segment | undefined;

  constructor({ bytes, segments }: Image) {
    this.#bytes = bytes;
    this.#segments = segments;
  }

  /** Offset in the file of `size` bytes at an address; -1 when they are not all there. */
  offsetOf(address: number, size: number): number {
    const last = this.#last;
    if (last !== undefined && isIn(last, address, size)) return last.offset + (address - last.address);
    this.#last = this.#segments.find((segment) => isIn(segment, address, size));
    return this.#last === undefined ? -1 : this.#last.offset + (address - this.#last.address);
  }

  /** Byte, or -1. */
  u8(address: number): number {
    const at = this.offsetOf(address, 1);
    return at < 0 ? -1 : (this.#bytes[at] as number);
  }

  /** Signed 32-bit number; undefined when there is none. */
  i32(address: number): number | undefined {
    const at = this.offsetOf(address, 4);
    return at < 0 ? undefined : this.#i32(at);
  }

  /** Unsigned 64-bit number below 2^53; undefined when there is none. */
  u64(address: number): number | undefined {
    const at = this.offsetOf(address, 8);
    if (at < 0) return undefined;
    const high = this.#i32(at + 4);
    return high < 0 || high >= 1 << 21 ? undefined : high * 2 ** 32 + (this.#i32(at) >>> 0);
  }

  /** A number of 1, 2 or 4 bytes, signed or not; undefined when there is none. */
  entry(address: number, size: number, isSigned: boolean): number | undefined {
    const at = this.offsetOf(address, size);
    if (at < 0) return undefined;
    const unused = 32 - size * 8;
    const value = this.#i32(at) << unused;
    return isSigned ? value >> unused : value >>> unused;
  }

  /** Bytes behind the file's end count as 0. */
  #i32(at: number): number {
    const bytes = this.#bytes;
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    return low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  }
}

function isIn({ address: start, fileSize }: Segment, address: number, size: number): boolean {
  return address >= start && address + size <= start + fileSize;
}
