// The manifest of an update, `cohesix-cas/manifest-v1`, as a value and as bytes: a CBOR array of 8.
//
//   [schema text, epoch text, chunk_bytes uint, payload_bytes uint, payload_sha256 bytes32, [chunk bytes32 ...],
//    null | [base_epoch text, base_sha256 bytes32], null | signature bytes64]
//
// Source: contracts-1, section 5.8. Lifted here: the number and size of chunks (a limit, not 8 of 128 bytes), and the last chunk
// may be shorter than the others, so a payload need not be a multiple of them. What the source system accepts means the same here.

import { ByteWriter } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { HASH_BYTES, SIGNATURE_BYTES } from '../crypto-port.ts';
import { EPOCH_DIGITS_MAX, isEpoch } from '../limits.ts';
import { CborReader, writeArray, writeBytes, writeNull, writeText, writeUint } from './cbor.ts';

const SCHEMA = 'cohesix-cas/manifest-v1';
const FIELDS = 8;
/** A chunk in the array: two bytes of head and the hash. */
const CHUNK_ITEM_BYTES = HASH_BYTES + 2;
/** Everything but the chunks, at its longest. */
const FIXED_BYTES_MAX = 256;

/** An update whose bytes come after those of another. */
export interface Delta {
  readonly baseEpoch: string;
  /** `payloadSha256` of the base. */
  readonly baseSha256: Uint8Array;
}

/** What an update consists of. */
export interface UpdateManifest {
  /** 1 to 20 digits. */
  readonly epoch: string;
  readonly chunkBytes: number;
  /** Bytes of the chunks together; those of the base of a delta are not counted. */
  readonly payloadBytes: number;
  /** SHA-256 of the bytes of the chunks; for a delta of the base's bytes and then those. */
  readonly payloadSha256: Uint8Array;
  /** SHA-256 of each chunk, in order; the same one may come again. */
  readonly chunks: readonly Uint8Array[];
  readonly delta: Delta | undefined;
  /** Ed25519 over the encoding with null in its place. */
  readonly signature: Uint8Array | undefined;
}

/** The bytes of a manifest; the only ones that decode to it. */
export function encodeManifest(manifest: UpdateManifest): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter({ sizeMax: manifestBytesMax(manifest.chunks.length) });
  writeArray(writer, FIELDS);
  writeText(writer, SCHEMA);
  writeText(writer, manifest.epoch);
  writeUint(writer, manifest.chunkBytes);
  writeUint(writer, manifest.payloadBytes);
  writeBytes(writer, manifest.payloadSha256);
  writeArray(writer, manifest.chunks.length);
  for (const chunk of manifest.chunks) writeBytes(writer, chunk);
  writeDelta(writer, manifest.delta);
  if (manifest.signature === undefined) writeNull(writer);
  else writeBytes(writer, manifest.signature);
  return writer.copy();
}

/** Most bytes of a manifest with so many chunks. */
export function manifestBytesMax(chunks: number): number {
  return FIXED_BYTES_MAX + chunks * CHUNK_ITEM_BYTES;
}

/** A manifest, or how many bytes are missing at least. */
export type Decoded =
  | { readonly kind: 'whole'; readonly manifest: UpdateManifest }
  | { readonly kind: 'cut-off'; readonly missing: number };

/** Reads a manifest. The result borrows from `bytes`. Refuses with `invalid-payload` what no more bytes can make one. */
export function decodeManifest(bytes: Uint8Array): Result<Decoded> {
  const reader = new CborReader(bytes);
  const manifest = readManifest(reader);
  if (reader.failure === '' && !reader.isAtEnd) reader.fail('bytes after its end');
  if (reader.failure === '') return ok({ kind: 'whole', manifest });
  if (reader.missing > 0) return ok({ kind: 'cut-off', missing: reader.missing });
  return refuse('invalid-payload', `The manifest is not one of ${SCHEMA}: ${reader.failure}.`);
}

function readManifest(reader: CborReader): UpdateManifest {
  if (reader.array() !== FIELDS) reader.fail(`not an array of ${FIELDS}`);
  const schema = reader.text(64);
  if (schema !== SCHEMA) reader.fail(`its schema is ${JSON.stringify(schema)}`);
  return {
    epoch: readEpoch(reader),
    chunkBytes: reader.uint(),
    payloadBytes: reader.uint(),
    payloadSha256: reader.bytes(HASH_BYTES),
    chunks: readChunks(reader),
    delta: reader.takeNull() ? undefined : readDelta(reader),
    signature: reader.takeNull() ? undefined : reader.bytes(SIGNATURE_BYTES),
  };
}

function readEpoch(reader: CborReader): string {
  const epoch = reader.text(EPOCH_DIGITS_MAX);
  if (!isEpoch(epoch)) reader.fail(`an epoch has 1 to ${EPOCH_DIGITS_MAX} digits`);
  return epoch;
}

function readChunks(reader: CborReader): readonly Uint8Array[] {
  const count = reader.array(CHUNK_ITEM_BYTES);
  return Array.from({ length: count }, () => reader.bytes(HASH_BYTES));
}

function readDelta(reader: CborReader): Delta {
  if (reader.array() !== 2) reader.fail('a delta is null or an array of 2');
  return { baseEpoch: readEpoch(reader), baseSha256: reader.bytes(HASH_BYTES) };
}

function writeDelta(writer: ByteWriter, delta: Delta | undefined): void {
  if (delta === undefined) return writeNull(writer);
  writeArray(writer, 2);
  writeText(writer, delta.baseEpoch);
  writeBytes(writer, delta.baseSha256);
}

/** Bytes of the chunk at `index`. */
export function chunkSizeAt({ chunks, chunkBytes, payloadBytes }: UpdateManifest, index: number): number {
  return index === chunks.length - 1 ? payloadBytes - index * chunkBytes : chunkBytes;
}
