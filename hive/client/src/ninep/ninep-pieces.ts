// A stored file over 9P: one open fid, pieces at offsets. Closing waits for Rclunk, with which some stores say whether
// what was written is whole.

import type { Result } from '@cohesix/wire';
import type { OpenPieces } from '../pieces.ts';
import type { FidSession, Opened } from './fid-session.ts';

/** An open fid that owns its number. */
export class NinePPieces implements OpenPieces {
  readonly pieceBytes: number;
  readonly #session: FidSession;
  readonly #file: Opened;
  #closed: Promise<Result<void>> | undefined;

  constructor(session: FidSession, file: Opened) {
    this.#session = session;
    this.#file = file;
    this.pieceBytes = file.ioBytes;
  }

  read(offset: number, count: number): Promise<Result<Uint8Array>> {
    return this.#session.read(this.#file, BigInt(offset), count);
  }

  append({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): Promise<Result<void>> {
    return this.#session.write(this.#file, BigInt(offset), bytes);
  }

  close(): Promise<Result<void>> {
    this.#closed ??= this.#session.close(this.#file);
    return this.#closed;
  }
}
