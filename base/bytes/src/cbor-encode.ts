// JSON-like values as CBOR, in the one form that is accepted here: shortest heads, definite lengths, keys in the order of
// their bytes, floats in the shortest form that keeps them. Source: RFC 8949, sections 3 and 4.2.1.

import { ByteWriter } from './byte-writer.ts';
import { writeCborHead } from './cbor-head.ts';
import { encodeUtf8, utf8Length } from './utf8.ts';

/** What a frame can say. A number that is whole and below 2^53 is an integer, any other a float. */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[] | CborMap;

/** A map with text keys. */
export interface CborMap {
  readonly [key: string]: CborValue;
}

const [UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP] = [0, 1, 2, 3, 4, 5];
const [FALSE, TRUE, NULL, FLOAT16, FLOAT32, FLOAT64] = [0xf4, 0xf5, 0xf6, 0xf9, 0xfa, 0xfb];

/** The bytes of a value, at most 1 MiB. Throws RangeError over that. */
export function encodeCbor(value: CborValue): Uint8Array {
  const writer = new ByteWriter();
  write(writer, value);
  if (writer.failed) throw new RangeError(`a CBOR value takes at most ${writer.sizeMax} bytes`);
  return writer.copy();
}

function write(writer: ByteWriter, value: CborValue): void {
  if (value === null) writer.u8(NULL as number);
  else if (typeof value === 'boolean') writer.u8((value ? TRUE : FALSE) as number);
  else if (typeof value === 'number') writeNumber(writer, value);
  else if (typeof value === 'string') writeText(writer, value);
  else if (value instanceof Uint8Array) {
    writeCborHead(writer, BYTES as number, value.length);
    writer.append(value);
  } else if (isArray(value)) {
    writeCborHead(writer, ARRAY as number, value.length);
    for (const item of value) write(writer, item);
  } else writeMap(writer, value);
}

function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function writeMap(writer: ByteWriter, map: CborMap): void {
  const keys = Object.keys(map).map((key) => ({ key, bytes: encodeUtf8(key) }));
  keys.sort((a, b) => a.bytes.length - b.bytes.length || compare(a.bytes, b.bytes));
  writeCborHead(writer, MAP as number, keys.length);
  for (const { key } of keys) {
    writeText(writer, key);
    write(writer, map[key] ?? null);
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

function writeText(writer: ByteWriter, text: string): void {
  writeCborHead(writer, TEXT as number, utf8Length(text));
  writer.utf8(text);
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return writeFloat(writer, value);
  if (value >= 0) writeCborHead(writer, UINT as number, value);
  else writeCborHead(writer, NEGATIVE as number, -1 - value);
}

function writeFloat(writer: ByteWriter, value: number): void {
  const half = halfBits(value);
  if (half !== undefined) {
    writer.u8(FLOAT16 as number);
    writer.u16be(half);
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  const isSingle = Math.fround(value) === value;
  writer.u8((isSingle ? FLOAT32 : FLOAT64) as number);
  if (isSingle) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  writer.append(new Uint8Array(view.buffer, 0, isSingle ? 4 : 8));
}

/** IEEE 754 binary16 of a value that it holds exactly (every NaN is the one NaN); undefined for any other. */
export function halfBits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size === 0) return sign;
  // Subnormal: a multiple of 2^-24 below 2^-14.
  if (size < 2 ** -14) return Number.isInteger(size * 2 ** 24) ? sign | (size * 2 ** 24) : undefined;
  if (size > 65_504) return undefined;
  const exponent = Math.floor(Math.log2(size));
  const fraction = (size / 2 ** exponent - 1) * 1024;
  return Number.isInteger(fraction) ? sign | ((exponent + 15) << 10) | fraction : undefined;
}
