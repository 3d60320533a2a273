// A ring that goes on where a stored stream ended.

import { frameSizes, Ring, type RingOptions } from '@cohesix/telemetry';
import type { StoredStream } from './stream-store.ts';

const LF = 0x0a;

/** What a ring retained: whole records, and the cursor of the first byte. */
export type Retained = Pick<StoredStream, 'start' | 'bytes'>;

/**
 * A ring, going on where a stored stream ended. One that may hold less now keeps whole last records, one whose records are of
 * another kind now keeps none; cursors never go back.
 */
export function ringFrom(stored: Retained | undefined, options: RingOptions): Ring {
  if (stored === undefined) return new Ring(options);
  const { bytes, start } = stored;
  const end = start + bytes.length;
  const last = options.records === 'frames' ? lastFrames(bytes, options.capacity) : lastLines(bytes, options.capacity);
  if (last === undefined) return new Ring({ ...options, start: end });
  const ring = new Ring({ ...options, start: end - last.bytes.length });
  return ring.append(last.bytes, last.sizes).ok ? ring : new Ring({ ...options, start: end });
}

/** Records, and for frames how long each is. */
interface Records {
  readonly bytes: Uint8Array;
  readonly sizes?: readonly number[];
}

/** The last whole lines that take at most `bytesMax`; undefined when these are no lines. */
function lastLines(bytes: Uint8Array, bytesMax: number): Records | undefined {
  if (bytes.length > 0 && bytes[bytes.length - 1] !== LF) return undefined;
  const over = bytes.length - bytesMax;
  return { bytes: bytes.subarray(over > 0 ? bytes.indexOf(LF, over - 1) + 1 : 0) };
}

/** The last frames that take at most `bytesMax`; undefined when these are no frames. */
function lastFrames(bytes: Uint8Array, bytesMax: number): Records | undefined {
  const sizes = frameSizes(bytes);
  if (sizes === undefined) return undefined;
  let cut = 0;
  let first = 0;
  while (bytes.length - cut > bytesMax) cut += sizes[first++] ?? 0;
  return { bytes: bytes.subarray(cut), sizes: sizes.slice(first) };
}
