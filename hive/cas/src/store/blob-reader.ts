// An open blob for reading. While one is open the blob is in use: no collection removes it.

import type { StoreFile } from './store-disk.ts';

/** Reads a blob; rejects with what the disk rejects with. Close it. */
export class BlobReader {
  /** Bytes of the blob. */
  readonly size: number;
  readonly #file: StoreFile;
  readonly #release: () => void;
  #isClosed = false;

  constructor(file: StoreFile, size: number, release: () => void) {
    this.#file = file;
    this.size = size;
    this.#release = release;
  }

  /** Reads at most `target.length` bytes from `position`; 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number> {
    return this.#file.read(target, position);
  }

  /** Idempotent. Never rejects: of a file that was only read, a close that fails loses nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    await this.#file.close().catch(() => undefined);
  }
}
