// Bytes of a payload as they come, against the hashes of its manifests: chunk by chunk, and the whole at the end.

import { createHash, type Hash } from 'node:crypto';
import { toHex } from '@cohesix/bytes';
import { chunkSizeAt, type UpdateManifest } from '@cohesix/cas';
import { ok, type Result, refuse } from '@cohesix/wire';

interface Chunk {
  readonly name: string;
  readonly size: number;
}

/** Takes a payload in order. */
export class PayloadCheck {
  /** Bytes that it must have. */
  readonly size: number;
  /** Bytes of whole chunks that are right: where to go on after an interruption. */
  good = 0;
  readonly #chunks: readonly Chunk[];
  readonly #expected: string;
  readonly #whole: Hash = createHash('sha256');
  #hash: Hash = createHash('sha256');
  #index = 0;
  #filled = 0;

  /** `parts`: the manifest of the base, for a delta, and the update's own. */
  constructor(parts: readonly UpdateManifest[]) {
    this.#chunks = parts.flatMap((part) =>
      part.chunks.map((chunk, index) => ({ name: toHex(chunk), size: chunkSizeAt(part, index) })),
    );
    this.size = this.#chunks.reduce((sum, { size }) => sum + size, 0);
    this.#expected = toHex(parts.at(-1)?.payloadSha256 ?? new Uint8Array(0));
  }

  /** Refuses bytes of a chunk that is wrong, with its name, and bytes beyond the end. */
  take(bytes: Uint8Array): Result<void> {
    this.#whole.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const chunk = this.#chunks[this.#index];
      if (chunk === undefined) return refuse('too-big', `There are more than the ${this.size} bytes of the payload.`);
      const part = bytes.subarray(at, at + chunk.size - this.#filled);
      this.#hash.update(part);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < chunk.size) continue;
      const ended = this.#endChunk(chunk);
      if (!ended.ok) return ended;
    }
    return ok(undefined);
  }

  /** Refuses a payload that is not whole or not the right one. Value: the hex of its hash. */
  end(): Result<string> {
    if (this.good < this.size) return refuse('stale', `${this.good} of ${this.size} bytes are here.`);
    const actual = this.#whole.digest('hex');
    if (actual === this.#expected) return ok(actual);
    return refuse('invalid-payload', `The payload hashes to ${actual}, not ${this.#expected}.`);
  }

  #endChunk({ name, size }: Chunk): Result<void> {
    const actual = this.#hash.digest('hex');
    if (actual !== name) return refuse('invalid-payload', `Chunk ${this.#index + 1} hashes to ${actual}, not ${name}.`);
    this.#hash = createHash('sha256');
    this.#filled = 0;
    this.#index += 1;
    this.good += size;
    return ok(undefined);
  }
}
