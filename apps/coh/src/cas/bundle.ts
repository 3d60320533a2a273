// An update on the disk: a folder with `manifest.cbor` and `chunks/<sha256>`, or the payload in one file with the manifest beside
// it. Either gives chunks by name, from any byte on.

import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@cohesix/bytes';
import { chunkSizeAt, decodeManifest, type UpdateManifest } from '@cohesix/cas';
import { ok, type Result, refuse } from '@cohesix/wire';
import { errorText } from '../token.ts';

/** A manifest as it lies on the disk. */
export interface ReadManifest {
  readonly manifest: UpdateManifest;
  readonly bytes: Uint8Array;
}

/** Bytes of a chunk from `from` on. */
export type ReadChunk = (name: string, from: number) => AsyncIterable<Uint8Array>;

/** How to connect where much is moved: a hive gives the msize that its manifest allows, and takes 64 requests unless that says less. */
export const BULK: { readonly msize: number; readonly requestsMax: number } = { msize: 1 << 14, requestsMax: 48 };

/** Bytes read at once: arrays of a megabyte cost a push half its time in the garbage collector (bench telemetry), these a tenth. */
export const PIECE_BYTES: number = 1 << 18;

/** The manifest in a folder. `not-found` or `invalid-payload`. */
export function bundleManifest(directory: string): Result<ReadManifest> {
  const file = join(directory, 'manifest.cbor');
  return existsSync(file) ? readManifest(file) : refuse('not-found', `${file} does not exist.`);
}

/** A manifest in a file. */
export function readManifest(file: string): Result<ReadManifest> {
  try {
    const bytes = readFileSync(file);
    const decoded = decodeManifest(bytes);
    if (!decoded.ok) return refuse('invalid-payload', `${file}: ${decoded.refusal.detail}`);
    if (decoded.value.kind === 'cut-off') return refuse('invalid-payload', `${file} is cut off.`);
    return ok({ manifest: decoded.value.manifest, bytes });
  } catch (error) {
    return refuse('not-found', `${file}: ${errorText(error)}.`);
  }
}

/** Where a chunk of a folder lies. */
export function chunkFile(directory: string, name: string): string {
  return join(directory, 'chunks', name);
}

/** Chunks of a folder. */
export function chunksOfBundle(directory: string): ReadChunk {
  return (name, from) => createReadStream(chunkFile(directory, name), { start: from, highWaterMark: PIECE_BYTES });
}

/** Chunks of a payload in one file; of a delta the file begins with the base's bytes. */
export function chunksOfPayload(file: string, manifest: UpdateManifest, baseBytes: number): ReadChunk {
  const places = new Map<string, { readonly offset: number; readonly size: number }>();
  for (const [index, chunk] of manifest.chunks.entries()) {
    const offset = baseBytes + index * manifest.chunkBytes;
    places.set(toHex(chunk), { offset, size: chunkSizeAt(manifest, index) });
  }
  return (name, from) => {
    const { offset, size } = places.get(name) ?? { offset: 0, size: 0 };
    if (from >= size) return nothing();
    return createReadStream(file, { start: offset + from, end: offset + size - 1, highWaterMark: PIECE_BYTES });
  };
}

async function* nothing(): AsyncIterable<Uint8Array> {}
