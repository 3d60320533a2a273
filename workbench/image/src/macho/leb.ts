// LEB128 numbers of the dynamic loader's tables.

/** Reads numbers forward; behind the end they are 0 and `isShort` is set. */
export class LebReader {
  private readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  isShort = false;

  /** `end` is at most the length of `bytes`. */
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    if (this.at >= this.end) {
      this.isShort = true;
      return 0;
    }
    const byte = this.bytes[this.at] as number;
    this.at += 1;
    return byte;
  }

  /** Unsigned, exact below 2^53. */
  uleb(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return value;
    }
  }

  /** Signed, exact within ±2^53. */
  sleb(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - scale;
    }
  }

  /** Steps to an absolute place before the end; anything else is short. */
  seek(at: number): void {
    this.isShort = !(at >= 0 && at < this.end);
    this.at = this.isShort ? this.end : at;
  }
}
