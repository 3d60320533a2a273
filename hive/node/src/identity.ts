// What tells one hive from another for the stores that can be carried from machine to machine: the public key of its log. An edit of
// hive.toml does not change it, another data directory has another.

import { hash } from 'node:crypto';
import { fingerprintOf, type Manifest } from '@cohesix/manifest';
import type { NoteKey } from '@cohesix/tlog';

/** Hex digits of an identity: half a SHA-256 is enough to tell hives apart, and can be read to somebody. */
const DIGITS = 32;

/** The identity of the hive whose log this key signs. */
export function hiveIdentity({ publicKey }: Pick<NoteKey, 'publicKey'>): string {
  return hash('sha256', publicKey, 'hex').slice(0, DIGITS);
}

/** Fingerprint of a manifest, as `/proc/boot` shows it. */
export function manifestFingerprint(manifest: Manifest): string {
  return fingerprintOf(manifest, (bytes) => hash('sha256', bytes, 'hex'));
}
