// The bytes of a stream as lines, with the cursor behind the last whole one: where a follow goes on. Bytes may come cut anywhere. A frame
// of CBOR is a line of JSON, as `coh tail` shows it.

import { cborLines } from '@cohesix/bytes';
import { isObject, parsed } from './json.ts';

/** The marker line of what is gone (hive/telemetry, marker.ts): `next` is the cursor of the byte behind it. */
const LOST = /^~ lost bytes=\d{1,16} next=(\d{1,16})(?: unknown=\d{1,16})?$/;
/** The same among frames: a map of this schema. */
const LOSS_SCHEMA = 'telemetry-loss/v1';
/** Longest line or frame that is waited for; a longer line is shown in pieces. The hive takes none of that length. */
const LINE_BYTES_MAX = 65_536;
const LF = 0x0a;

/** Lines out of the bytes of one stream, from a cursor on. */
export class StreamText {
  readonly #utf8 = new TextDecoder();
  #cursor: bigint;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(from: bigint) {
    this.#cursor = from;
  }

  /** Absolute cursor behind the last line that was given out. */
  get cursor(): bigint {
    return this.#cursor;
  }

  /** The lines that are whole now, without LF. */
  take(chunk: Uint8Array): readonly string[] {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    if (isFrames(bytes)) return this.#frames(bytes);
    const lastLf = bytes.lastIndexOf(LF) + 1;
    const end = bytes.length - lastLf > LINE_BYTES_MAX ? bytes.length : lastLf;
    this.#rest = bytes.slice(end);
    if (end === 0) return [];
    const lines = this.#utf8.decode(bytes.subarray(0, end)).replace(/\n$/, '').split('\n');
    if (lines.some((line) => LOST.test(line))) this.#countLines(bytes.subarray(0, end));
    else this.#cursor += BigInt(end);
    return lines;
  }

  /** What stands behind the last LF, when nothing more comes. */
  last(): readonly string[] {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    if (rest.length === 0 || isFrames(rest)) return [];
    this.#cursor += BigInt(rest.length);
    return [this.#utf8.decode(rest)];
  }

  /** Line by line, because a marker moves the cursor. */
  #countLines(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const lf = bytes.indexOf(LF, at);
      const end = lf < 0 ? bytes.length : lf + 1;
      const next = LOST.exec(this.#utf8.decode(bytes.subarray(at, lf < 0 ? end : lf)))?.[1];
      this.#cursor = next === undefined ? this.#cursor + BigInt(end - at) : BigInt(next);
      at = end;
    }
  }

  #frames(bytes: Uint8Array): readonly string[] {
    const { lines, ends, rest, problem } = cborLines(bytes, LINE_BYTES_MAX);
    let from = 0;
    for (const [index, end] of ends.entries()) {
      const next = nextOf(lines[index] ?? '');
      this.#cursor = next ?? this.#cursor + BigInt(end - from);
      from = end;
    }
    this.#rest = problem === undefined ? rest.slice() : new Uint8Array(0);
    if (problem === undefined) return lines;
    this.#cursor += BigInt(rest.length);
    return [...lines, `(${rest.length} bytes that are no frames: ${problem})`];
  }
}

/** The cursor behind what a loss frame stands for; undefined of any other frame. */
function nextOf(line: string): bigint | undefined {
  // Most frames are none: they are not parsed.
  const value = line.includes(LOSS_SCHEMA) ? parsed(line) : undefined;
  if (!isObject(value) || value.schema !== LOSS_SCHEMA || !Number.isSafeInteger(value.next)) return undefined;
  return BigInt(value.next as number);
}

/** No character of UTF-8 begins with 0x80 to 0xbf; a frame is a CBOR map, whose head is 0xa0 to 0xbb (RFC 8949, section 3). */
function isFrames(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xc0) === 0x80;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
