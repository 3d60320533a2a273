// The bytes of a stream as lines, with the cursor behind the last whole one: where a follow goes on. Bytes may come cut anywhere.

/** The marker line of what is gone (hive/telemetry, marker.ts): `next` is the cursor of the byte behind it. */
const LOST = /^~ lost bytes=\d{1,16} next=(\d{1,16})(?: unknown=\d{1,16})?$/;
/** Longest line that is waited for; a longer one is shown in pieces. The hive takes none of that length. */
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
    if (isFrames(bytes)) return this.#binary(bytes);
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
    if (rest.length === 0) return [];
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

  /** Frames of CBOR have no lines: their number of bytes is told, and what shows them. */
  #binary(bytes: Uint8Array): readonly string[] {
    this.#rest = new Uint8Array(0);
    this.#cursor += BigInt(bytes.length);
    return [`(${bytes.length} bytes of CBOR frames; coh tail shows them as JSON)`];
  }
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
