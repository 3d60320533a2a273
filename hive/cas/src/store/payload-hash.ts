// The hash of a payload while its chunks are still coming: whatever is here in order is read and hashed meanwhile, so that the end of a
// push waits for the last chunks only and not for a reading of everything.

import { toHex } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok } from '@cohesix/wire';
import type { Sha256Beside } from '../crypto-port.ts';
import { chunkSizeAt, type UpdateManifest } from '../manifest/update-manifest.ts';
import type { BlobReader } from './blob-reader.ts';
import type { BlobStore } from './blob-store.ts';
import { onDisk } from './store-disk.ts';

interface Chunk {
  readonly name: string;
  readonly size: number;
}

/** Hashes one payload, in turns; given up when its update changes. */
export class PayloadHash {
  readonly #blobs: BlobStore;
  readonly #chunks: readonly Chunk[];
  readonly #hash: Sha256Beside;
  /** When the piece before this one is hashed. */
  #hashed: Promise<void> = Promise.resolve();
  #index = 0;
  #turn: Promise<Result<void>> = Promise.resolve(ok(undefined));
  #isStopped = false;

  /** `parts`: the manifest of the base, for a delta, and the update's own. */
  constructor(blobs: BlobStore, parts: readonly UpdateManifest[], hash: Sha256Beside) {
    this.#blobs = blobs;
    this.#hash = hash;
    this.#chunks = parts.flatMap((part) =>
      part.chunks.map((chunk, index) => ({ name: toHex(chunk), size: chunkSizeAt(part, index) })),
    );
  }

  /** Goes on over the chunks that are here, after the turns before; never rejects. Once refused it stays refused. */
  advance(): Promise<Result<void>> {
    this.#turn = this.#turn.then((before) => (before.ok ? this.#goOn() : before));
    return this.#turn;
  }

  /** Ends it; a turn that runs ends with its present read. */
  stop(): Promise<unknown> {
    this.#isStopped = true;
    return this.#turn.then(() => this.#hash.close());
  }

  /** The hash of everything, after a last turn; undefined when a chunk is not here or shorter than it should be. */
  async end(): Promise<Result<Uint8Array | undefined>> {
    const advanced = await this.advance();
    if (!advanced.ok) return advanced;
    await this.#hashed;
    if (this.#isStopped || this.#index < this.#chunks.length) return ok(undefined);
    // Whatever a thread dies of: the payload is hashed again, without it.
    return ok(await this.#hash.digest().catch(() => undefined));
  }

  async #goOn(): Promise<Result<void>> {
    for (let chunk = this.#here(); chunk !== undefined; chunk = this.#here()) {
      const opened = await this.#blobs.open(chunk.name);
      if (!opened.ok) return opened;
      const size = await onDisk('cannot read a chunk', () => this.#take(opened.value));
      await opened.value.close();
      if (!size.ok) return size;
      if (size.value !== chunk.size) return ok(undefined);
      this.#index += 1;
    }
    return ok(undefined);
  }

  /** The next chunk, if it is whole and nobody ended this. */
  #here(): Chunk | undefined {
    const chunk = this.#chunks[this.#index];
    return !this.#isStopped && chunk !== undefined && this.#blobs.sizeOf(chunk.name) === chunk.size ? chunk : undefined;
  }

  /** Feeds a chunk to the hash; answers how many bytes there were. */
  async #take(reader: BlobReader): Promise<number> {
    let at = 0;
    while (at < reader.size && !this.#isStopped) {
      const count = await this.#takePiece(reader, at);
      if (count === 0) break;
      at += count;
    }
    return at;
  }

  /** Reads one piece while the one before is hashed; answers how many bytes there were. */
  async #takePiece(reader: BlobReader, at: number): Promise<number> {
    const { readBuffers } = this.#blobs;
    const buffer = readBuffers.take();
    const count = await reader.read(buffer, at);
    await this.#hashed;
    this.#hashed = this.#hash
      .update(buffer.subarray(0, count))
      .catch(() => {
        this.#isStopped = true;
      })
      .then(() => readBuffers.give(buffer));
    return count;
  }
}
