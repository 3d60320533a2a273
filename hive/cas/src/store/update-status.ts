// How far an update is, as a record and as the text of `/updates/<epoch>/status`. Source: contracts-1, section 5.8.

import { ByteWriter, toHex } from '@cohesix/bytes';
import { writeBytes, writeMap, writeNull, writeText, writeUint } from '../manifest/cbor.ts';
import type { UpdateManifest } from '../manifest/update-manifest.ts';

/** `empty`: nothing came. `manifest_pending`: chunks or a part of the manifest came. `chunks_pending`: the manifest is here. */
export type UpdateState = 'empty' | 'manifest_pending' | 'chunks_pending' | 'ready';

/** How far an update is. Of chunks, every place in the manifest counts, also of one that comes again. */
export interface UpdateStatus {
  readonly epoch: string;
  readonly state: UpdateState;
  /** Bytes of the manifest that was taken; 0 without one. */
  readonly manifestBytes: number;
  /** Bytes of a manifest that is not whole yet. */
  readonly manifestPendingBytes: number;
  readonly chunksExpected: number;
  readonly chunksCommitted: number;
  /** Begun and not whole. */
  readonly chunksPending: number;
  readonly chunksMissing: number;
  readonly manifest: UpdateManifest | undefined;
}

/** The text of a status: five lines of `key=value`. */
export function statusText(status: UpdateStatus): string {
  const { manifest } = status;
  const delta = manifest?.delta;
  const lines = [
    `status epoch=${status.epoch} state=${status.state}`,
    `manifest_bytes=${status.manifestBytes} manifest_pending_bytes=${status.manifestPendingBytes}`,
    `chunks_expected=${status.chunksExpected} chunks_committed=${status.chunksCommitted} ` +
      `chunks_pending=${status.chunksPending} chunks_missing=${status.chunksMissing}`,
    `payload_bytes=${manifest?.payloadBytes ?? 0} payload_sha256=${hexOrNone(manifest?.payloadSha256)}`,
    `delta_base_epoch=${delta?.baseEpoch ?? 'none'} delta_base_sha256=${hexOrNone(delta?.baseSha256)}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Most bytes of a status as CBOR. */
const CBOR_BYTES_MAX = 1024;

/** A status as CBOR: one map with the names of the text; hashes are bytes, and `delta` is null or a map of two. */
export function statusCbor(status: UpdateStatus): Uint8Array {
  const writer = new ByteWriter({ sizeMax: CBOR_BYTES_MAX });
  const counts = countsOf(status);
  writeMap(writer, 4 + Object.keys(counts).length + 1);
  for (const [name, text] of [['epoch', status.epoch] as const, ['state', status.state] as const]) {
    writeText(writer, name);
    writeText(writer, text);
  }
  for (const [name, count] of Object.entries(counts)) {
    writeText(writer, name);
    writeUint(writer, count);
  }
  const { manifest } = status;
  writeText(writer, 'payload_bytes');
  writeUint(writer, manifest?.payloadBytes ?? 0);
  writeText(writer, 'payload_sha256');
  writeHash(writer, manifest?.payloadSha256);
  writeText(writer, 'delta');
  if (manifest?.delta === undefined) writeNull(writer);
  else {
    writeMap(writer, 2);
    writeText(writer, 'base_epoch');
    writeText(writer, manifest.delta.baseEpoch);
    writeText(writer, 'base_sha256');
    writeHash(writer, manifest.delta.baseSha256);
  }
  return writer.copy();
}

function countsOf(status: UpdateStatus): Readonly<Record<string, number>> {
  return {
    manifest_bytes: status.manifestBytes,
    manifest_pending_bytes: status.manifestPendingBytes,
    chunks_expected: status.chunksExpected,
    chunks_committed: status.chunksCommitted,
    chunks_pending: status.chunksPending,
    chunks_missing: status.chunksMissing,
  };
}

function writeHash(writer: ByteWriter, hash: Uint8Array | undefined): void {
  if (hash === undefined) writeNull(writer);
  else writeBytes(writer, hash);
}

function hexOrNone(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'none' : toHex(bytes);
}
