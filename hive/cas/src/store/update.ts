// One update in memory: the manifest as far as it came, and which of its chunks are not here yet.

import { toHex } from '@cohesix/bytes';
import { chunkSizeAt, type UpdateManifest } from '../manifest/update-manifest.ts';
import type { BlobStore } from './blob-store.ts';
import type { PayloadHash } from './payload-hash.ts';
import type { UpdateState, UpdateStatus } from './update-status.ts';

/** A manifest that was taken. */
export interface Taken {
  readonly manifest: UpdateManifest;
  /** Bytes of its encoding. */
  readonly bytes: number;
  /** The chunks' names in order; the same one may come again. */
  readonly names: readonly string[];
  /** Bytes of each chunk by its name. One that comes at two places of different size has that of the last. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Chunks that are not here whole. */
  readonly missing: Set<string>;
}

/** An update that is known by its epoch. */
export class Update {
  readonly epoch: string;
  /** Pieces of a manifest that is not whole. */
  parts: Uint8Array[] = [];
  partBytes = 0;
  /** Bytes below which trying to decode is idle. */
  neededBytes = 1;
  /** Chunks that came under this epoch before the manifest. */
  readonly claims: Set<string> = new Set();
  taken: Taken | undefined;
  /** Whether all is here and the payload has its hash. */
  isReady = false;
  /** The hash of the payload as far as it is here; undefined: nobody has begun, or what was hashed changed. */
  hashing: PayloadHash | undefined;
  /** Payloads of it that are being read. */
  readers = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Forgets how far the payload was hashed; settles when nothing of it is read for that any more. */
  async stopHashing(): Promise<void> {
    const { hashing } = this;
    this.hashing = undefined;
    await hashing?.stop();
  }

  /** Forgets the pieces. */
  dropParts(): void {
    this.parts = [];
    this.partBytes = 0;
    this.neededBytes = 1;
  }

  /** Whether nothing of it is here. */
  get isEmpty(): boolean {
    return this.taken === undefined && this.partBytes === 0 && this.claims.size === 0;
  }

  /** How far it is. */
  status(blobs: BlobStore): UpdateStatus {
    const { manifest } = this.taken ?? {};
    const names = this.taken?.names ?? [...this.claims];
    const committed = names.filter((name) => blobs.sizeOf(name) !== undefined).length;
    const pending = names.filter((name) => blobs.sizeOf(name) === undefined && blobs.nextOf(name) > 0).length;
    const expected = manifest?.chunks.length ?? 0;
    return {
      epoch: this.epoch,
      state: this.#state(),
      manifestBytes: this.taken?.bytes ?? 0,
      manifestPendingBytes: this.partBytes,
      chunksExpected: expected,
      chunksCommitted: committed,
      chunksPending: pending,
      chunksMissing: Math.max(0, expected - committed - pending),
      manifest,
    };
  }

  #state(): UpdateState {
    if (this.isReady) return 'ready';
    if (this.taken !== undefined) return 'chunks_pending';
    return this.isEmpty ? 'empty' : 'manifest_pending';
  }
}

/** Names and sizes of the chunks of a manifest. */
export function chunksOf(manifest: UpdateManifest): Pick<Taken, 'names' | 'sizes'> {
  const names = manifest.chunks.map(toHex);
  return { names, sizes: new Map(names.map((name, index) => [name, chunkSizeAt(manifest, index)])) };
}
