// A pulled source of bytes as a pulled source of whole lines: what a door delivers may end in the middle of a line, what a
// Follow yields does not. Holds at most one unfinished line of `LINE_HELD_MAX` bytes; a longer one is passed on in pieces.

import { ok, type Result } from '@cohesix/wire';
import { concatBytes } from './concat-bytes.ts';
import type { LocalFollow } from './local-door.ts';

/** Longest unfinished line that is held back. */
const LINE_HELD_MAX: number = 1 << 16;

const LF = 0x0a;

/**
 * Yields the same bytes, cut after line feeds. What is unfinished when the source ends is yielded before the end. A stream of
 * CBOR frames has no lines: it is passed on as it comes, and who reads it puts cut frames together.
 */
export function wholeLines(source: LocalFollow): LocalFollow {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let ended: Result<undefined> | undefined;
  let isFrames: boolean | undefined;
  const take = (last: Uint8Array): Uint8Array => {
    const chunk = heldBytes === 0 ? last : concatBytes([...held, last], heldBytes + last.length);
    held = [];
    heldBytes = 0;
    return chunk;
  };
  const next = async (): Promise<Result<Uint8Array | undefined>> => {
    while (ended === undefined) {
      const chunk = await source.next();
      if (!chunk.ok || chunk.value === undefined) {
        ended = chunk.ok ? ok(undefined) : chunk;
        if (heldBytes > 0) return ok(take(new Uint8Array(0)));
        break;
      }
      isFrames ??= beginsFrame(chunk.value);
      if (isFrames) return chunk;
      const cut = chunk.value.lastIndexOf(LF) + 1;
      if (cut > 0) {
        const whole = take(chunk.value.subarray(0, cut));
        hold(chunk.value.subarray(cut));
        return ok(whole);
      }
      if (heldBytes + chunk.value.length > LINE_HELD_MAX) return ok(take(chunk.value));
      hold(chunk.value);
    }
    return ended;
  };
  const hold = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
  };
  return { next, stop: () => source.stop() };
}

/** Lines are UTF-8, and no character begins with 0x80 to 0xbf; a frame is a CBOR map, whose head is 0xa0 to 0xbb (RFC 8949, section 3). */
function beginsFrame(chunk: Uint8Array): boolean {
  return ((chunk[0] ?? 0) & 0xc0) === 0x80;
}
