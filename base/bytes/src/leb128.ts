// LEB128 integers: seven bits a byte, low group first, the top bit says that another byte follows.
//
// Source: WebAssembly core specification 2.0, section 5.2.2; DWARF 5, section 7.6. Strict in the WebAssembly way:
// at most ceil(bits / 7) bytes, and the unused bits of the last one must be zero (or copies of the sign). Padding
// with continuation bytes inside that bound is allowed, as both specifications do.

import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Reads an unsigned value of at most `bits` (1..64) bits; fails with `bad LEB128` when it is longer. */
export function readUleb(reader: ByteReader, bits: number): bigint {
  const raw = readGroups(reader, bits);
  if (raw.value < 1n << BigInt(bits)) return raw.value;
  reader.fail('bad LEB128');
  return 0n;
}

/** Reads a signed value of at most `bits` (1..64) bits; fails with `bad LEB128` when it is longer. */
export function readSleb(reader: ByteReader, bits: number): bigint {
  const raw = readGroups(reader, bits);
  const value = BigInt.asIntN(raw.width, raw.value);
  if (BigInt.asIntN(bits, value) === value) return value;
  reader.fail('bad LEB128');
  return 0n;
}

/** Appends `value` (not negative, else a RangeError) in the fewest bytes. */
export function writeUleb(writer: ByteWriter, value: bigint): void {
  if (value < 0n) throw new RangeError(`an unsigned LEB128 value is not negative, got ${value}`);
  let rest = value;
  while (rest >= 0x80n) {
    writer.u8(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  writer.u8(Number(rest));
}

/** Appends `value` in the fewest bytes that keep its sign. */
export function writeSleb(writer: ByteWriter, value: bigint): void {
  let rest = value;
  while (rest < -0x40n || rest > 0x3fn) {
    writer.u8(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  writer.u8(Number(rest & 0x7fn));
}

/** The payload bits of all groups, and how many bits they are. */
function readGroups(reader: ByteReader, bits: number): { readonly value: bigint; readonly width: number } {
  let value = 0n;
  for (let width = 0; width < bits; width += 7) {
    const byte = reader.u8();
    value |= BigInt(byte & 0x7f) << BigInt(width);
    if (byte < 0x80) return { value, width: width + 7 };
  }
  reader.fail('bad LEB128');
  return { value: 0n, width: bits };
}
