// Names in a file: bytes up to a NUL, in no promised encoding. What is not UTF-8 becomes U+FFFD; nothing is refused.

import { decodeUtf8Name } from '@cohesix/bytes';
import { LIMITS } from './limits.ts';

const lossy: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Offset of the first NUL of `bytes[start..end)`, or `end`; looks at no more than `LIMITS.nameSize` bytes. */
export function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + LIMITS.nameSize);
  let at = start;
  while (at < stop && bytes[at] !== 0) at += 1;
  return at;
}

/** The text at `start` up to a NUL or `end`, cut at `LIMITS.nameSize` bytes. The range must lie inside `bytes`. Untrusted. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return textOf(bytes, start, nameEnd(bytes, start, end));
}

/** The text of exactly `bytes[start..end)`, NULs and all, cut at `LIMITS.nameSize` bytes. Untrusted. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const stop = Math.min(end, start + LIMITS.nameSize);
  return decodeUtf8Name(bytes, start, stop) ?? lossy.decode(bytes.subarray(start, stop));
}
