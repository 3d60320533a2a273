// The payload of an update as one row of bytes: the chunks of its base, if it is a delta, and then its own. All chunks but the
// last of each have the same size, so a position says which chunk it is in.

import { toHex } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { Sha256Stream } from '../crypto-port.ts';
import type { UpdateManifest } from '../manifest/update-manifest.ts';
import type { BlobReader } from './blob-reader.ts';
import type { BlobStore } from './blob-store.ts';
import { onDisk } from './store-disk.ts';

const READ_BYTES = 1024 * 1024;

interface Place {
  readonly name: string;
  readonly offset: number;
}

/** Reads a payload at any position; one chunk is open at a time. Close it. */
export class PayloadReader {
  /** Bytes of the payload, those of the base included. */
  readonly size: number;
  readonly #blobs: BlobStore;
  readonly #parts: readonly UpdateManifest[];
  readonly #onClose: () => void;
  #open: { readonly name: string; readonly reader: BlobReader } | undefined;
  #isClosed = false;

  /** `parts`: the manifest of the base, if any, and the update's own. */
  constructor(blobs: BlobStore, parts: readonly UpdateManifest[], onClose: () => void) {
    this.#blobs = blobs;
    this.#parts = parts;
    this.#onClose = onClose;
    this.size = parts.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
  }

  /**
   * Reads at most `target.length` bytes from `position`, of one chunk at most; 0 at the end. Not to be called twice at a time. Refuses with
   * `internal` where a disk lost bytes: an end too early would be taken for the whole.
   */
  async read(target: Uint8Array, position: number): Promise<Result<number>> {
    const read = await this.readSome(target, position);
    const isLost = read.ok && read.value === 0 && position < this.size && target.length > 0;
    return isLost ? refuse('internal', `The payload lacks bytes from ${position}; verify the update.`) : read;
  }

  /** The same, but 0 also where bytes are lost. */
  async readSome(target: Uint8Array, position: number): Promise<Result<number>> {
    assert(!this.#isClosed, 'a closed payload is not read');
    const place = this.#placeOf(position);
    if (place === undefined) return ok(0);
    const reader = await this.#readerOf(place.name);
    if (!reader.ok) return reader;
    return onDisk('cannot read a chunk', () => reader.value.read(target, place.offset));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#open?.reader.close();
    this.#onClose();
  }

  async #readerOf(name: string): Promise<Result<BlobReader>> {
    if (this.#open?.name === name) return ok(this.#open.reader);
    await this.#open?.reader.close();
    this.#open = undefined;
    const opened = await this.#blobs.open(name);
    if (opened.ok) this.#open = { name, reader: opened.value };
    return opened;
  }

  #placeOf(position: number): Place | undefined {
    let rest = position;
    for (const { payloadBytes, chunkBytes, chunks } of this.#parts) {
      if (rest < payloadBytes) {
        const chunk = chunks[Math.floor(rest / chunkBytes)];
        assert(chunk !== undefined, 'a checked manifest has a chunk for every byte');
        return { name: toHex(chunk), offset: rest % chunkBytes };
      }
      rest -= payloadBytes;
    }
    return undefined;
  }
}

/** Feeds a whole payload to `hash`; answers the digest, or undefined when a chunk was shorter than it should be. */
export async function hashPayload(
  blobs: BlobStore,
  parts: readonly UpdateManifest[],
  hash: Sha256Stream,
): Promise<Result<Uint8Array | undefined>> {
  const reader = new PayloadReader(blobs, parts, () => undefined);
  const buffer = new Uint8Array(Math.min(READ_BYTES, Math.max(1, reader.size)));
  try {
    for (let at = 0; at < reader.size; ) {
      const read = await reader.readSome(buffer, at);
      if (!read.ok) return read;
      if (read.value === 0) return ok(undefined);
      hash.update(buffer.subarray(0, read.value));
      at += read.value;
    }
    return ok(hash.digest());
  } finally {
    await reader.close();
  }
}
