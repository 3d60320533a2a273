// A stored file while a fid, or one call by path, has it open: what keeps `close` behind the appends that were begun, and
// reading one whole for doors without offsets.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { StoredFile, StoredPiece } from './node.ts';

/** Bytes asked of a store at once when a whole file is read. */
const READ_BYTES = 65_536;

/** One opening of a stored file. `close` may be called more than once and closes once. */
export class OpenStored {
  readonly #file: StoredFile;
  readonly #under = new Set<Promise<unknown>>();
  #closing: Promise<Result<void>> | undefined;

  constructor(file: StoredFile) {
    this.#file = file;
  }

  /** At most `count` bytes from `offset` on; none: the end. */
  read(offset: number, count: number): Promise<Result<Uint8Array>> {
    return this.#isOver(this.#file.read(offset, count));
  }

  /** Appends a piece whose bytes stay as they are until the answer. */
  append(piece: StoredPiece): Promise<Result<void>> {
    if (this.#file.append === undefined) return Promise.resolve(refuse('denied', 'This file takes no bytes.'));
    return this.#isOver(this.#file.append(piece));
  }

  /** Closes after everything that was begun. */
  close(): Promise<Result<void>> {
    this.#closing ??= Promise.allSettled(this.#under).then(() => this.#file.close());
    return this.#closing;
  }

  /** Reads all there is; `too-big` when that is more than `bytesMax`. */
  async whole(path: string, bytesMax: number): Promise<Result<Uint8Array>> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const piece = await this.read(size, Math.min(READ_BYTES, bytesMax - size + 1));
      if (!piece.ok) return piece;
      if (piece.value.length === 0) return ok(Buffer.concat(pieces));
      pieces.push(piece.value);
      size += piece.value.length;
      if (size > bytesMax) return refuse('too-big', `${path} holds more than ${bytesMax} bytes; read it in pieces.`);
    }
  }

  #isOver<T>(action: Promise<T>): Promise<T> {
    this.#under.add(action);
    const over = (): void => void this.#under.delete(action);
    action.then(over, over);
    return action;
  }
}
