// Makes chunks and a manifest of a payload, streaming. Against an update that the receiver has, bytes are saved in two ways:
//
// - A payload that begins with the whole payload of a base becomes a delta: only what comes after it is chunks. This is the delta of
//   manifest-v1, where the base's bytes come first.
// - Otherwise chunks that the receiver has already are not sent again. Chunks have a fixed size and begin at multiples of it, so
//   this finds what was changed in place or appended (weights, images of disks), and not what was moved by an insertion; manifest-v1
//   has no room for chunks of different sizes.

import { toHex } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { CasCrypto, Sha256Stream } from '../crypto-port.ts';
import type { Delta, UpdateManifest } from '../manifest/update-manifest.ts';

/** A whole update that the receiver has, as a base for a delta: not a delta itself. */
export type PackBase = Pick<UpdateManifest, 'epoch' | 'payloadBytes' | 'payloadSha256'>;

/** What is packed, and how. */
export interface PackOptions {
  readonly crypto: Pick<CasCrypto, 'sha256' | 'sha256Stream'>;
  /** Opens the payload from its beginning; called once, or twice with a base. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly epoch: string;
  readonly chunkBytes: number;
  /** More chunks are refused (`too-big`). */
  readonly chunksMax: number;
  readonly base?: PackBase;
  /** Whether the receiver has a chunk; default: none. */
  readonly has?: (name: string) => boolean;
}

/** A chunk to be sent. */
export interface PackedChunk {
  /** Hex of its SHA-256. */
  readonly name: string;
  /** Borrowed until the promise of the sink settles. */
  readonly bytes: Uint8Array;
}

/** Takes a chunk; a refusal ends the packing. */
export type ChunkSink = (chunk: PackedChunk) => Promise<Result<unknown>>;

/** A packed payload. */
export interface Packed {
  /** Without a signature. */
  readonly manifest: UpdateManifest;
  /** Chunks that went to the sink, each once, and their bytes. */
  readonly sentChunks: number;
  readonly sentBytes: number;
}

/** Packs a payload into chunks for `sink`. The memory it takes is one chunk and the list of hashes. */
export async function pack(options: PackOptions, sink: ChunkSink): Promise<Result<Packed>> {
  const { base, crypto } = options;
  const delta = base !== undefined && (await startsWith(options, base)) ? base : undefined;
  const chunker = new Chunker(options, sink);
  const whole = crypto.sha256Stream();
  let skip = delta?.payloadBytes ?? 0;
  for await (const piece of options.open()) {
    whole.update(piece);
    const own = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - own.length;
    const taken = await chunker.take(own);
    if (!taken.ok) return taken;
  }
  const ended = await chunker.end();
  if (!ended.ok) return ended;
  return ok({ manifest: manifestOf(options, { chunker, whole, delta }), ...chunker.sent });
}

function manifestOf(
  { epoch, chunkBytes }: PackOptions,
  made: { readonly chunker: Chunker; readonly whole: Sha256Stream; readonly delta: PackBase | undefined },
): UpdateManifest {
  const { chunker, delta } = made;
  const deltaOf = (base: PackBase): Delta => ({ baseEpoch: base.epoch, baseSha256: base.payloadSha256 });
  return {
    epoch,
    chunkBytes,
    payloadBytes: chunker.bytes,
    payloadSha256: made.whole.digest(),
    chunks: chunker.chunks,
    delta: delta === undefined ? undefined : deltaOf(delta),
    signature: undefined,
  };
}

async function startsWith({ open, crypto }: PackOptions, base: PackBase): Promise<boolean> {
  const hash = crypto.sha256Stream();
  let left = base.payloadBytes;
  for await (const piece of open()) {
    const part = piece.subarray(0, left);
    hash.update(part);
    left -= part.length;
    if (left === 0) break;
  }
  return left === 0 && toHex(hash.digest()) === toHex(base.payloadSha256);
}

/** Cuts a stream of bytes into chunks. */
class Chunker {
  readonly chunks: Uint8Array[] = [];
  /** Bytes taken. */
  bytes = 0;
  readonly sent: { sentChunks: number; sentBytes: number } = { sentChunks: 0, sentBytes: 0 };
  readonly #options: PackOptions;
  readonly #sink: ChunkSink;
  readonly #buffer: Uint8Array;
  readonly #seen = new Set<string>();
  #filled = 0;

  constructor(options: PackOptions, sink: ChunkSink) {
    this.#options = options;
    this.#sink = sink;
    this.#buffer = new Uint8Array(options.chunkBytes);
  }

  async take(piece: Uint8Array): Promise<Result<void>> {
    this.bytes += piece.length;
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#buffer.length) continue;
      const emitted = await this.end();
      if (!emitted.ok) return emitted;
    }
    return ok(undefined);
  }

  /** Emits what is in the buffer. */
  async end(): Promise<Result<void>> {
    if (this.#filled === 0) return ok(undefined);
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    const { crypto, chunksMax, has } = this.#options;
    if (this.chunks.length >= chunksMax)
      return refuse('too-big', `The payload has more than ${chunksMax} chunks of ${this.#options.chunkBytes} bytes.`);
    const hash = crypto.sha256(bytes);
    const name = toHex(hash);
    this.chunks.push(hash);
    if (this.#seen.has(name) || has?.(name) === true) return ok(undefined);
    this.#seen.add(name);
    this.sent.sentChunks += 1;
    this.sent.sentBytes += bytes.length;
    const taken = await this.#sink({ name, bytes });
    return taken.ok ? ok(undefined) : taken;
  }
}
