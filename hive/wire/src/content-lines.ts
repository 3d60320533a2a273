// The content of a file as console lines, and back, exactly.
//
// Plain text goes as it is, one line per line: when it is UTF-8 without CR or NUL, ends in LF, and every line is
// non-empty, fits, and cannot be taken for an acknowledgement or for the other form. Anything else goes as
// `b64:<chunk>` lines. Since each line tells by itself which form it has, pieces of one stream may differ in form.

import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { ok, type Result, refuse } from './refusal.ts';

const B64 = 'b64:';
const LF = 0x0a;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Lines, and beginnings of lines, that text must not have. `PONG` is an old answer to PING that clients still read. */
const RESERVED = /^(?:END|PONG|b64:.*|(?:OK|ERR) .*)$/su;

/** The lines of `bytes`, each at most `lineBytesMax` (at least 8) bytes. Empty content has no lines. */
export function contentLines(bytes: Uint8Array, lineBytesMax: number): readonly string[] {
  assert(lineBytesMax >= B64.length + 4, 'a line has room for one base64 group');
  if (bytes.length === 0) return [];
  return textLines(bytes, lineBytesMax) ?? base64Lines(bytes, lineBytesMax);
}

/** The bytes that one data line stands for, or `invalid-frame` for a `b64:` line that is not canonical base64. */
export function contentOfLine(line: string): Result<Uint8Array> {
  if (!line.startsWith(B64)) return ok(encodeUtf8(`${line}\n`));
  const bytes = fromBase64(line.slice(B64.length));
  return bytes === undefined ? refuse('invalid-frame', 'a b64: line does not hold base64') : ok(bytes);
}

/** The content whose lines these are: the inverse of `contentLines`. */
export function contentOfLines(lines: readonly string[]): Result<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const line of lines) {
    const part = contentOfLine(line);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return ok(concatenate(parts));
}

/** The lines of plain text, or undefined when some rule of the header does not hold. */
function textLines(bytes: Uint8Array, lineBytesMax: number): readonly string[] | undefined {
  if (bytes[bytes.length - 1] !== LF) return undefined;
  const lines: string[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(LF, start);
    if (end === start || end - start > lineBytesMax) return undefined;
    const line = decodeUtf8(bytes, start, end);
    if (line === undefined || /[\r\0]/.test(line) || RESERVED.test(line)) return undefined;
    lines.push(line);
    start = end + 1;
  }
  return lines;
}

function base64Lines(bytes: Uint8Array, lineBytesMax: number): readonly string[] {
  const chunkBytes = Math.floor((lineBytesMax - B64.length) / 4) * 3;
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    lines.push(B64 + toBase64(bytes.subarray(at, at + chunkBytes)));
  }
  return lines;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] ?? NO_BYTES;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
