// A sequence of CBOR maps as lines of JSON, for people and for tools that read lines. What comes over a wire is checked before it is shown.

import { CborWalk } from './cbor-check.ts';
import type { CborValue } from './cbor-encode.ts';
import { cborValue } from './cbor-value.ts';
import { toBase64 } from './text-encodings.ts';

/** Lines of JSON, and what was not a whole map yet. */
export interface CborLines {
  readonly lines: readonly string[];
  /** The offset behind the map of each line. */
  readonly ends: readonly number[];
  /** Bytes that the next ones go on from; at most `mapBytesMax`. */
  readonly rest: Uint8Array;
  /** What is wrong with what comes now: nothing after it can be read. */
  readonly problem: string | undefined;
}

/** The maps at the start of `bytes`, of at most `mapBytesMax` bytes each, as lines without LF. Byte strings are shown as base64. */
export function cborLines(bytes: Uint8Array, mapBytesMax: number): CborLines {
  const lines: string[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const walk = new CborWalk(bytes, at);
    walk.map();
    const rest = bytes.subarray(at);
    const isCutOff = walk.failure.startsWith('cut off') && rest.length <= mapBytesMax;
    if (walk.failure !== '') return { lines, ends, rest, problem: isCutOff ? undefined : walk.failure };
    lines.push(JSON.stringify(plain(cborValue(bytes.subarray(at, walk.at)))));
    at = walk.at;
    ends.push(at);
  }
  return { lines, ends, rest: bytes.subarray(at), problem: undefined };
}

/** A value as JSON can show it. */
function plain(value: CborValue): unknown {
  if (value instanceof Uint8Array) return `b64:${toBase64(value)}`;
  // JSON has no infinities and no NaN.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
