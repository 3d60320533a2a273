// CBOR as values, for showing it: what `encodeCbor` makes of a value, back. Only for bytes that `CborWalk` has stepped over.

import { assert } from '@cohesix/check';
import type { CborMap, CborValue } from './cbor-encode.ts';

const TEXT = new TextDecoder();

/** A value and the offset of what comes after it. */
interface Read {
  readonly value: CborValue;
  readonly end: number;
}

/** The item at the start of `bytes`, which was checked. Byte strings are copied. */
export function cborValue(bytes: Uint8Array): CborValue {
  return read(bytes, 0).value;
}

function read(bytes: Uint8Array, at: number): Read {
  const first = bytes[at] ?? 0;
  const [major, info] = [first >> 5, first & 31];
  if (major === 7) return simple(bytes, at, info);
  const { value: size, end } = head(bytes, at, info);
  switch (major) {
    case 0:
      return { value: size, end };
    case 1:
      return { value: -1 - size, end };
    case 2:
      return { value: bytes.slice(end, end + size), end: end + size };
    case 3:
      return { value: TEXT.decode(bytes.subarray(end, end + size)), end: end + size };
    case 4:
      return array(bytes, end, size);
    default:
      assert(major === 5, 'a checked item has no tag');
      return map(bytes, end, size);
  }
}

function head(bytes: Uint8Array, at: number, info: number): { readonly value: number; readonly end: number } {
  if (info < 24) return { value: info, end: at + 1 };
  const size = 2 ** (info - 24);
  let value = 0;
  for (let index = 1; index <= size; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return { value, end: at + 1 + size };
}

function array(bytes: Uint8Array, start: number, count: number): Read {
  const items: CborValue[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const item = read(bytes, at);
    items.push(item.value);
    at = item.end;
  }
  return { value: items, end: at };
}

function map(bytes: Uint8Array, start: number, count: number): Read {
  const pairs: [string, CborValue][] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const key = read(bytes, at);
    const item = read(bytes, key.end);
    pairs.push([String(key.value), item.value]);
    at = item.end;
  }
  // From entries, so that a key named __proto__ is a key.
  return { value: Object.fromEntries(pairs) as CborMap, end: at };
}

function simple(bytes: Uint8Array, at: number, info: number): Read {
  if (info < 23) return { value: info === 22 ? null : info === 21, end: at + 1 };
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 1);
  if (info === 25) return { value: half(view.getUint16(0)), end: at + 3 };
  return info === 26 ? { value: view.getFloat32(0), end: at + 5 } : { value: view.getFloat64(0), end: at + 9 };
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
