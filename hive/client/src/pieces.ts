// Content in pieces: sending and fetching more than one message carries, several pieces under way at a time, over
// whatever has an opened file (`OpenPieces`). The hive keeps pieces in the order in which they were sent.

import { ok, type Result } from '@cohesix/wire';
import type { LocalFollow } from './local-door.ts';

/** A stored file that is open: what a door must offer for `push` and `pull`. */
export interface OpenPieces {
  /** Bytes of one piece at most. */
  readonly pieceBytes: number;
  /** At most `count` bytes from `offset` on; none: the end. */
  read(offset: number, count: number): Promise<Result<Uint8Array>>;
  /** Appends a piece at `offset`, which is where the content ends. */
  append(piece: { readonly offset: number; readonly bytes: Uint8Array }): Promise<Result<void>>;
  /** Idempotent; what the store says to the end of it. */
  close(): Promise<Result<void>>;
}

/** How to send content. */
export interface PushOptions {
  /** Where the first byte of the source belongs; default 0. To go on after an interruption: the size `stat` tells. */
  readonly from?: number;
  /** Told after each piece that was kept: bytes of this push so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** Pieces under way at a time: enough to keep both sides busy, few enough to be bounded memory. */
const WINDOW = 6;

/** Sends everything of `source`; ends at the first refusal, which is the value. Closes the file. */
export async function pushPieces(
  file: OpenPieces,
  source: AsyncIterable<Uint8Array>,
  { from = 0, onProgress }: PushOptions,
): Promise<Result<{ readonly bytes: number }>> {
  const under: Promise<void>[] = [];
  let refused: Result<never> | undefined;
  let offset = from;
  let kept = 0;
  const send = (bytes: Uint8Array): Promise<void> =>
    file.append({ offset, bytes }).then((result) => {
      if (!result.ok) {
        refused ??= result;
        return;
      }
      kept += bytes.length;
      onProgress?.(kept);
    });
  try {
    for await (const bytes of source) {
      for (let at = 0; at < bytes.length && refused === undefined; at += file.pieceBytes) {
        const piece = bytes.subarray(at, at + file.pieceBytes);
        under.push(send(piece));
        offset += piece.length;
        if (under.length >= WINDOW) await under.shift();
      }
      if (refused !== undefined) break;
    }
  } finally {
    await Promise.all(under);
    const closed = await file.close();
    if (!closed.ok) refused ??= closed;
  }
  return refused ?? ok({ bytes: offset - from });
}

/** Fetches from `from` to the end: pieces in order, the next ones already asked for. */
export class PulledPieces implements LocalFollow {
  readonly #file: OpenPieces;
  readonly #under: { readonly offset: number; readonly read: Promise<Result<Uint8Array>> }[] = [];
  #offset: number;
  #asked: number;
  #ended: Result<undefined> | undefined;

  constructor(file: OpenPieces, from: number) {
    this.#file = file;
    this.#offset = from;
    this.#asked = from;
  }

  async next(): Promise<Result<Uint8Array | undefined>> {
    if (this.#ended !== undefined) return this.#ended;
    while (this.#under.length < WINDOW) this.#ask();
    const read = await this.#under.shift()?.read;
    if (this.#ended !== undefined) return this.#ended;
    if (read === undefined || !read.ok) return this.#end(read ?? ok(undefined));
    if (read.value.length === 0) return this.#end(ok(undefined));
    this.#offset += read.value.length;
    // A short piece is not the end: what was asked for behind it lies elsewhere and is asked for again.
    if (this.#offset !== this.#under[0]?.offset) {
      this.#under.length = 0;
      this.#asked = this.#offset;
    }
    return read;
  }

  stop(): void {
    this.#end(ok(undefined));
  }

  #ask(): void {
    const { pieceBytes } = this.#file;
    this.#under.push({ offset: this.#asked, read: this.#file.read(this.#asked, pieceBytes) });
    this.#asked += pieceBytes;
  }

  #end(result: Result<Uint8Array | undefined>): Result<undefined> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = result.ok ? ok(undefined) : result;
    this.#under.length = 0;
    void this.#file.close();
    return this.#ended;
  }
}
