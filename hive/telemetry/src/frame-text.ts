// Frames as lines of JSON, for people and for tools that read lines. What comes over a wire is checked before it is shown.

import { toBase64 } from '@cohesix/bytes';
import { CborWalk } from './cbor-check.ts';
import type { CborMap, CborValue } from './cbor-encode.ts';
import { cborValue } from './cbor-value.ts';
import { FRAME_BYTES_MAX } from './frame.ts';
import { LOSS_SCHEMA, type Loss } from './marker.ts';

/** Lines of JSON, and what was not a whole frame yet. */
export interface FrameLines {
  readonly lines: readonly string[];
  /** Bytes that the next ones go on from; at most `FRAME_BYTES_MAX`. */
  readonly rest: Uint8Array;
  /** What is wrong with what comes now: nothing after it can be read. */
  readonly problem: string | undefined;
}

/** The maps at the start of `bytes` (frames and loss frames), each as a line without LF. Byte strings are shown as base64. */
export function frameLines(bytes: Uint8Array): FrameLines {
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const walk = new CborWalk(bytes, at);
    walk.map();
    const rest = bytes.subarray(at);
    const isCutOff = walk.failure.startsWith('cut off') && rest.length <= FRAME_BYTES_MAX;
    if (walk.failure !== '') return { lines, rest, problem: isCutOff ? undefined : walk.failure };
    lines.push(JSON.stringify(plain(cborValue(bytes.subarray(at, walk.at)))));
    at = walk.at;
  }
  return { lines, rest: bytes.subarray(at), problem: undefined };
}

/** What a stream of frames says at its start that is gone; undefined when it begins with a frame of its writer. */
export function lossIn(bytes: Uint8Array): Loss | undefined {
  const walk = new CborWalk(bytes);
  walk.map();
  if (walk.failure !== '') return undefined;
  const { schema, bytes: lost, next, unknown = 0 } = cborValue(bytes) as CborMap;
  if (schema !== LOSS_SCHEMA || ![lost, next, unknown].every(Number.isSafeInteger)) return undefined;
  return { bytes: Number(lost), next: Number(next), unknown: Number(unknown) };
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
