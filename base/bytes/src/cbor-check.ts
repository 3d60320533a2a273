// Steps over CBOR without making anything of it, and only over such that has one form: shortest heads, definite lengths,
// ascending keys, floats in the shortest form that keeps them (RFC 8949, 4.2.1), texts in UTF-8. What telemetry has no use for
// is no form either: tags, keys that are no texts, `undefined` and other simple values, depths over `DEPTH_MAX`.

import { halfBits } from './cbor-encode.ts';
import { isUtf8 } from './utf8.ts';

/** Arrays and maps inside each other. */
export const DEPTH_MAX = 8;

const UINT = 0;
const NEGATIVE = 1;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const ONE_BYTE = 24;
const EIGHT_BYTES = 27;
/** Least value that needs so many bytes after the first: anything below has a shorter form. */
const LEAST: Readonly<Record<number, number>> = { 24: 24, 25: 0x100, 26: 0x1_0000, 27: 0x1_0000_0000 };
/** A NaN has one form, the half 0x7e00. */
const NAN_HALF = 0x7e00;

/** Steps forward over borrowed bytes. The first failure is kept; from then on nothing moves. */
export class CborWalk {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Offset of the next byte. */
  at: number;
  /** What is wrong, and the empty string while nothing is. */
  failure = '';

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  /** Records what is wrong, if it is the first. */
  fail(reason: string): void {
    if (this.failure === '') this.failure = `${reason} at byte ${this.at}`;
  }

  /** Steps over one item of any kind. */
  item(depth = 0): void {
    if (this.failure !== '') return;
    if (depth > DEPTH_MAX) return this.fail(`nested deeper than ${DEPTH_MAX}`);
    const first = this.bytes[this.at];
    if (first === undefined) return this.fail('cut off');
    const major = first >> 5;
    if (major === SIMPLE) return this.#simple(first & 31);
    if (major === TAG) return this.fail('a tag');
    const value = this.head(major);
    if (major === UINT || major === NEGATIVE) return;
    if (major === ARRAY) for (let index = 0; index < value && this.failure === ''; index++) this.item(depth + 1);
    else if (major === MAP) this.#pairs(value, depth);
    else this.#run(value, major === TEXT);
  }

  /** Steps over a map, and nothing else. */
  map(depth = 0): void {
    if (this.failure === '' && (this.bytes[this.at] ?? 0) >> 5 !== MAP) return this.fail('no map');
    this.item(depth);
  }

  /** Steps over a whole number and gives it; 0 after a failure. */
  uint(): number {
    return this.head(UINT);
  }

  /** Steps over a text and answers whether it is `expected`, given as its bytes. */
  isText(expected: Uint8Array): boolean {
    const size = this.head(TEXT);
    const from = this.at;
    this.#run(size, true);
    if (this.failure !== '' || size !== expected.length) return false;
    for (let index = 0; index < size; index++) if (this.bytes[from + index] !== expected[index]) return false;
    return true;
  }

  /** Steps over the head of an item of this major type and gives its number; 0 after a failure. */
  head(major: number): number {
    const first = this.bytes[this.at];
    if (this.failure !== '') return 0;
    if (first === undefined || first >> 5 !== major) {
      this.fail(first === undefined ? 'cut off' : `an item of major type ${first >> 5}, not ${major}`);
      return 0;
    }
    this.at += 1;
    const info = first & 31;
    return info < ONE_BYTE ? info : this.#long(info);
  }

  #long(info: number): number {
    const least = LEAST[info];
    if (least === undefined) this.fail('a length without a fixed form');
    const size = info > EIGHT_BYTES ? 0 : 2 ** (info - ONE_BYTE);
    if (this.at + size > this.bytes.length) this.fail('cut off');
    if (this.failure !== '') return 0;
    const value = this.#wide(size);
    if (value < (least ?? 0)) this.fail('a number not in its shortest form');
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a number over 2^53');
    this.at += size;
    return this.failure === '' ? value : 0;
  }

  #wide(size: number): number {
    if (size === 1) return this.#view.getUint8(this.at);
    if (size === 2) return this.#view.getUint16(this.at);
    return size === 4 ? this.#view.getUint32(this.at) : Number(this.#view.getBigUint64(this.at));
  }

  /** Steps over the bytes of a text or a byte string. */
  #run(size: number, isText: boolean): void {
    if (this.at + size > this.bytes.length) this.fail('cut off');
    if (this.failure !== '') return;
    if (isText && !isUtf8(this.bytes, this.at, this.at + size)) return this.fail('a text that is not UTF-8');
    this.at += size;
  }

  #pairs(count: number, depth: number): void {
    let beforeAt = 0;
    let beforeEnd = 0;
    for (let index = 0; index < count && this.failure === ''; index++) {
      const keyAt = this.at;
      const size = this.head(TEXT);
      this.#run(size, true);
      if (index > 0 && !this.#isAscending(beforeAt, beforeEnd, keyAt)) this.fail('keys that do not ascend');
      beforeAt = keyAt;
      beforeEnd = this.at;
      this.item(depth + 1);
    }
  }

  /** Whether the key from `keyAt` up to here comes after the one before, in the order of their encoded bytes. */
  #isAscending(beforeAt: number, beforeEnd: number, keyAt: number): boolean {
    const count = Math.min(beforeEnd - beforeAt, this.at - keyAt);
    for (let index = 0; index < count; index++) {
      const difference = (this.bytes[keyAt + index] ?? 0) - (this.bytes[beforeAt + index] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return this.at - keyAt > beforeEnd - beforeAt;
  }

  /** False, true, null and floats. */
  #simple(info: number): void {
    if (info >= 20 && info <= 22) {
      this.at += 1;
      return;
    }
    if (info < 25 || info > 27) return this.fail('a simple value other than false, true and null');
    const size = 2 ** (info - ONE_BYTE);
    if (this.at + 1 + size > this.bytes.length) return this.fail('cut off');
    if (!this.#isShortestFloat(size)) return this.fail('a float not in its shortest form');
    this.at += 1 + size;
  }

  #isShortestFloat(size: number): boolean {
    if (size === 2) {
      const bits = this.#view.getUint16(this.at + 1);
      return (bits & 0x7fff) <= 0x7c00 || bits === NAN_HALF;
    }
    const value = size === 4 ? this.#view.getFloat32(this.at + 1) : this.#view.getFloat64(this.at + 1);
    return halfBits(value) === undefined && (size === 4 || Math.fround(value) !== value);
  }
}
