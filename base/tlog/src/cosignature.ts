// Cosignatures: a cosigner says that at a time it had seen no larger tree of this log, and that the tree had only
// grown until then. Ed25519, key type 0x04.
//
//   signature: timestamp[8 big endian, seconds since 1970] ed25519[64]
//   signed:    cosignature/v1\n time <timestamp in decimal>\n <text of the checkpoint>
//
// Source: C2SP tlog-cosignature, "Format" and "Ed25519 signed message".

import { ByteWriter, encodeUtf8, getU64be } from '@cohesix/bytes';
import { accepted, assert, type Outcome, refused } from '@cohesix/check';

/** A time and a signature, as a signature line of a cosigner has them. */
export interface Cosignature {
  /** Seconds since 1970, at most 2^63 - 1. */
  readonly timestamp: bigint;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const TIMESTAMP_MAX = 2n ** 63n - 1n;
const TIMESTAMP_SIZE = 8;
const SIGNATURE_SIZE = 64;

/** Whether a cosignature may have this time. */
export function isTimestamp(timestamp: bigint): boolean {
  return timestamp >= 0n && timestamp <= TIMESTAMP_MAX;
}

/** What a cosigner signs: the text of a checkpoint under a time. C2SP tlog-cosignature. */
export function cosignatureMessage(text: string, timestamp: bigint): Uint8Array {
  assert(isTimestamp(timestamp), 'a timestamp is 0 .. 2^63-1');
  return encodeUtf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** The bytes of a cosignature that follow the key ID: 72. */
export function encodeCosignature({ timestamp, signature }: Cosignature): Uint8Array {
  assert(isTimestamp(timestamp), 'a timestamp is 0 .. 2^63-1');
  assert(signature.length === SIGNATURE_SIZE, 'an Ed25519 signature has 64 bytes');
  const writer = new ByteWriter();
  writer.u64be(timestamp);
  writer.append(signature);
  return writer.copy();
}

/** A cosignature of such bytes, strictly; the signature is a view. */
export function decodeCosignature(bytes: Uint8Array): Outcome<Cosignature> {
  const size = TIMESTAMP_SIZE + SIGNATURE_SIZE;
  if (bytes.length !== size) return refused(`a cosignature has ${size} bytes, got ${bytes.length}`);
  const timestamp = getU64be(bytes, 0);
  if (!isTimestamp(timestamp)) return refused('the time of a cosignature is at most 2^63 - 1');
  return accepted({ timestamp, signature: bytes.subarray(TIMESTAMP_SIZE) });
}
