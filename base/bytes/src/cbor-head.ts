// The head of a CBOR item, which both writers of CBOR here begin every item with (RFC 8949, section 3; shortest form, section 4.2.1).

import type { ByteWriter } from './byte-writer.ts';

/** Writes a major type, 0 to 7, and a whole number from 0 to 2^53 - 1 in the fewest bytes: 1, 2, 3, 5 or 9. */
export function writeCborHead(writer: ByteWriter, major: number, value: number): void {
  const first = major << 5;
  if (value < 24) {
    writer.u8(first | value);
  } else if (value < 0x100) {
    writer.u8(first | 24);
    writer.u8(value);
  } else if (value < 0x1_0000) {
    writer.u8(first | 25);
    writer.u16be(value);
  } else if (value < 0x1_0000_0000) {
    writer.u8(first | 26);
    writer.u32be(value);
  } else {
    writer.u8(first | 27);
    writer.u64be(BigInt(value));
  }
}
