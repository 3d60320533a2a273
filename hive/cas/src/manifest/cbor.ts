// The CBOR that a manifest is made of: whole numbers, texts, byte strings, arrays and null; lengths in their shortest
// form and never indefinite, so that every value has one encoding and a signature over bytes is one over meaning.
// Source: RFC 8949, sections 3 and 4.2.1 (core deterministic encoding).
//
// A package from npm would tell "there is more to come" from "this can never be right" by the text of an exception only;
// a manifest arrives in several appends, so the difference matters here.

import { ByteReader, type ByteWriter, utf8Length, writeCborHead } from '@cohesix/bytes';
import { assert } from '@cohesix/check';

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const NULL_BYTE = 0xf6;
const MAJOR_NAMES: readonly string[] = [
  'a whole number',
  'a negative number',
  'bytes',
  'a text',
  'an array',
  'a map',
  'a tag',
  'a simple value',
];

/** Appends a whole number, 0 to 2^53-1. */
export function writeUint(writer: ByteWriter, value: number): void {
  writeHead(writer, UINT, value);
}

/** Appends a text, UTF-8. */
export function writeText(writer: ByteWriter, text: string): void {
  writeHead(writer, TEXT, utf8Length(text));
  writer.utf8(text);
}

/** Appends a byte string. */
export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writeHead(writer, BYTES, bytes.length);
  writer.append(bytes);
}

/** Appends the head of an array; its `count` items follow. */
export function writeArray(writer: ByteWriter, count: number): void {
  writeHead(writer, ARRAY, count);
}

/** Appends the head of a map; its `count` names and values follow. */
export function writeMap(writer: ByteWriter, count: number): void {
  writeHead(writer, MAP, count);
}

/** Appends null. */
export function writeNull(writer: ByteWriter): void {
  writer.u8(NULL_BYTE);
}

function writeHead(writer: ByteWriter, major: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a CBOR head holds a whole number');
  writeCborHead(writer, major, value);
}

/** Least value that needs this many bytes after the first: anything below has a shorter form. */
const LEAST: Readonly<Record<number, number>> = { 24: 24, 25: 0x100, 26: 0x1_0000, 27: 0x1_0000_0000 };

/** Reads borrowed bytes forward. The first failure is kept; every read after it gives a zero value. */
export class CborReader {
  readonly #reader: ByteReader;
  /** Bytes that are missing at least; 0 unless what failed is that the bytes end too early. */
  missing = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
  }

  /** Why the first failing read failed; the empty string while none has. */
  get failure(): string {
    return this.#reader.failure;
  }

  /** Whether all bytes were read. */
  get isAtEnd(): boolean {
    return this.#reader.remaining === 0;
  }

  uint(): number {
    return this.#head(UINT);
  }

  /** A text of at most `sizeMax` bytes. */
  text(sizeMax: number): string {
    const size = this.#head(TEXT);
    if (size > sizeMax) this.fail(`a text of ${size} bytes, over ${sizeMax}`);
    this.#need(size);
    return this.#reader.utf8(this.failure === '' ? size : 0);
  }

  /** A byte string of exactly `size` bytes, borrowed. */
  bytes(size: number): Uint8Array {
    const found = this.#head(BYTES);
    if (found !== size) this.fail(`${found} bytes where there must be ${size}`);
    return this.#view(found);
  }

  /** A byte string of at most `sizeMax` bytes, borrowed. */
  bytesUpTo(sizeMax: number): Uint8Array {
    const found = this.#head(BYTES);
    if (found > sizeMax) this.fail(`${found} bytes, over ${sizeMax}`);
    return this.#view(found);
  }

  /** The head of an array whose items have `itemBytes` at least: what it says it holds must be there. */
  array(itemBytes = 1): number {
    const count = this.#head(ARRAY);
    this.#need(count * itemBytes);
    return this.failure === '' ? count : 0;
  }

  /** Steps over null, if that is next. */
  takeNull(): boolean {
    this.#need(1);
    if (this.failure !== '' || this.#reader.bytes[this.#reader.offset] !== NULL_BYTE) return false;
    this.#reader.take(1);
    return true;
  }

  /** Records a failure, if it is the first. */
  fail(reason: string): void {
    this.#reader.fail(reason);
  }

  #view(size: number): Uint8Array {
    this.#need(size);
    return this.#reader.view(this.failure === '' ? size : 0);
  }

  #head(major: number): number {
    this.#need(1);
    const first = this.#reader.u8();
    if (this.failure !== '') return 0;
    const found = first >> 5;
    if (found !== major) this.fail(`${MAJOR_NAMES[found]} where there must be ${MAJOR_NAMES[major]}`);
    const info = first & 31;
    if (info < 24) return this.failure === '' ? info : 0;
    return this.#long(info);
  }

  #long(info: number): number {
    const least = LEAST[info];
    if (least === undefined) this.fail('a length without a fixed form');
    this.#need(2 ** (info - 24));
    const value = this.#wide(info);
    if (this.failure === '' && value < (least ?? 0)) this.fail('a number not in its shortest form');
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a number over 2^53');
    return this.failure === '' ? value : 0;
  }

  #wide(info: number): number {
    if (info === 24) return this.#reader.u8();
    if (info === 25) return this.#reader.u16be();
    return info === 26 ? this.#reader.u32be() : Number(this.#reader.u64be());
  }

  #need(count: number): void {
    const missing = count - this.#reader.remaining;
    if (this.failure !== '' || missing <= 0) return;
    this.missing = missing;
    this.fail('cut off');
  }
}
