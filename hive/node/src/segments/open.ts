// A segment while one fid has it open. Pieces end anywhere, records only at an LF: what comes after the last LF of a piece is held
// back until the piece that ends the line, or until the close, which adds the LF. It is answered before it is durable; a whole
// line never is.

import type { StoredFile, StoredIntent, StoredPiece } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { SegmentIngest, SegmentName } from './ingest.ts';
import type { SegmentLog } from './log.ts';

const LF = 0x0a;
const NOTHING = new Uint8Array(0);

/** Opens a segment for one fid; `not-found` when it made room. */
export function openSegment(
  ingest: SegmentIngest,
  name: SegmentName,
  intent: StoredIntent & { readonly recordBytesMax: number },
): Result<StoredFile> {
  const log = ingest.logOf(name);
  if (!log.ok) return log;
  log.value.hold();
  const { value } = log;
  const read: StoredFile['read'] = (offset, count) => value.read(offset, count);
  const end = async (): Promise<void> => value.release();
  if (!intent.write) return ok({ read, close: () => end().then(() => ok(undefined)) });
  const tail = new OpenTail(ingest, { name, log: value, recordBytesMax: intent.recordBytesMax });
  return ok({
    read,
    append: (piece) => tail.append(piece),
    async close() {
      const closed = await tail.close();
      await end();
      return closed;
    },
  });
}

interface Tail {
  readonly name: SegmentName;
  readonly log: SegmentLog;
  readonly recordBytesMax: number;
}

/** The end of a segment as one fid sees it. */
class OpenTail {
  readonly #ingest: SegmentIngest;
  readonly #tail: Tail;
  /** A line without its end, and where it begins. */
  #held: Uint8Array = NOTHING;
  #heldAt = 0;

  constructor(ingest: SegmentIngest, tail: Tail) {
    this.#ingest = ingest;
    this.#tail = tail;
  }

  append({ offset, bytes }: StoredPiece): Promise<Result<void>> {
    if (bytes.length === 0) return Promise.resolve(ok(undefined));
    // At the end, wherever that is: lines of their own, as in a control file.
    if (offset === undefined) return this.#give({ bytes: endedByLf(bytes), offset: undefined });
    const at = this.#held.length === 0 ? offset : this.#heldAt;
    if (offset !== at + this.#held.length)
      return Promise.resolve(refuse('stale', `The piece begins at ${offset}, not where the one before ended.`));
    const all = this.#held.length === 0 ? bytes : joined(this.#held, bytes);
    const cut = all.lastIndexOf(LF) + 1;
    // Copied: the piece is only lent.
    const rest = Uint8Array.from(all.subarray(cut));
    if (rest.length >= this.#tail.recordBytesMax)
      return Promise.resolve(refuse('too-big', `telemetry_ingest.max_record_bytes is ${this.#tail.recordBytesMax}.`));
    this.#held = rest;
    this.#heldAt = at + cut;
    if (cut > 0) return this.#give({ bytes: all.subarray(0, cut), offset: at });
    return Promise.resolve(ok(undefined));
  }

  /** Ends a line that was begun. */
  close(): Promise<Result<void>> {
    if (this.#held.length === 0) return Promise.resolve(ok(undefined));
    const bytes = endedByLf(this.#held);
    this.#held = NOTHING;
    return this.#give({ bytes, offset: this.#heldAt });
  }

  #give(wanted: { readonly bytes: Uint8Array; readonly offset: number | undefined }): Promise<Result<void>> {
    return this.#ingest.append(this.#tail.name, wanted);
  }
}

function endedByLf(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === LF ? bytes : joined(bytes, Uint8Array.of(LF));
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  return Buffer.concat([left, right]);
}
