// The hash of a payload while its chunks are still coming: whatever is here in order is read and hashed meanwhile, so that the end of a
// push waits for the last chunks only and not for a reading of everything.

import { toHex } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok } from '@cohesix/wire';
import type { Sha256Stream } from '../crypto-port.ts';
import { chunkSizeAt, type UpdateManifest } from '../manifest/update-manifest.ts';
import type { BlobReader } from './blob-reader.ts';
import type { BlobStore } from './blob-store.ts';
import { onDisk } from './store-disk.ts';

const READ_BYTES = 1024 * 1024;

interface Chunk {
  readonly name: string;
  readonly size: number;
}

/** Hashes one payload, in turns; given up when its update changes. */
export class PayloadHash {
  readonly #blobs: BlobStore;
  readonly #chunks: readonly Chunk[];
  readonly #hash: Sha256Stream;
  #buffer: Uint8Array = new Uint8Array(0);
  #index = 0;
  #turn: Promise<Result<void>> = Promise.resolve(ok(undefined));
  #isStopped = false;

  /** `parts`: the manifest of the base, for a delta, and the update's own. */
  constructor(blobs: BlobStore, parts: readonly UpdateManifest[], hash: Sha256Stream) {
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
    return this.#turn;
  }

  /** The hash of everything, after a last turn; undefined when a chunk is not here or shorter than it should be. */
  async end(): Promise<Result<Uint8Array | undefined>> {
    const advanced = await this.advance();
    if (!advanced.ok) return advanced;
    return ok(this.#index === this.#chunks.length ? this.#hash.copy().digest() : undefined);
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
    // One for all chunks: allocating one for each makes the garbage collector run for nothing.
    if (this.#buffer.length < Math.min(READ_BYTES, reader.size))
      this.#buffer = new Uint8Array(Math.min(READ_BYTES, reader.size));
    const buffer = this.#buffer;
    let at = 0;
    while (at < reader.size && !this.#isStopped) {
      const count = await reader.read(buffer, at);
      if (count === 0) break;
      this.#hash.update(buffer.subarray(0, count));
      at += count;
    }
    return at;
  }
}
