// The keys a hive verifies tickets with. Rotation adds a key and makes it the active one; tickets of older keys go on
// verifying as long as their keys are in the ring. Keys of other hives (Ed25519, public) and the secrets of v1 tickets are in the
// same ring, each only when the operator put it there. The ring is plain data; its secrets are never printed.

import { assert } from '@cohesix/check';
import { isName } from './claims.ts';
import type { Role } from './roles.ts';

/** A secret key of this hive's own tickets. */
export interface TicketKey {
  /** 1 to 64 characters of `[A-Za-z0-9._:-]`; stands in every ticket made with it. */
  readonly id: string;
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
}

/** Another hive's key for signed tickets, and what tickets under it may be. */
export interface SignerKey {
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  /** The roles this signer may give; nothing else it signs is believed. */
  readonly roles: readonly Role[];
}

/** Secrets of v1 tickets by role, none empty; several may be valid at once. */
export type V1Secrets = Readonly<Partial<Record<Role, readonly string[]>>>;

/** Everything that can verify a ticket. */
export interface KeyRing {
  /** The key that new tickets are made with. */
  readonly activeId: string;
  readonly keys: ReadonlyMap<string, TicketKey>;
  readonly signers: ReadonlyMap<string, SignerKey>;
  /** Absent: v1 tickets are refused. */
  readonly v1Secrets?: V1Secrets;
}

const SECRET_BYTES_MIN = 32;
const PUBLIC_KEY_BYTES = 32;

/** A ring with one key, which is active. */
export function makeKeyRing(key: TicketKey): KeyRing {
  return rotateKey({ activeId: key.id, keys: new Map(), signers: new Map() }, key);
}

/** The ring with one more key, now the active one. A key id is never used for two secrets. */
export function rotateKey(ring: KeyRing, key: TicketKey): KeyRing {
  assert(isName(key.id), 'a key id is 1 to 64 characters of [A-Za-z0-9._:-]');
  assert(key.secret.length >= SECRET_BYTES_MIN, `a ticket secret has at least ${SECRET_BYTES_MIN} bytes`);
  assert(!ring.keys.has(key.id), 'key ids are used once');
  return { ...ring, activeId: key.id, keys: new Map(ring.keys).set(key.id, key) };
}

/** The ring that also believes another hive's signatures, for the given roles. */
export function trustSigner(ring: KeyRing, keyId: string, signer: SignerKey): KeyRing {
  assert(isName(keyId), 'a key id is 1 to 64 characters of [A-Za-z0-9._:-]');
  assert(signer.publicKey.length === PUBLIC_KEY_BYTES, 'an Ed25519 public key has 32 bytes');
  return { ...ring, signers: new Map(ring.signers).set(keyId, signer) };
}

/** The ring that also accepts v1 tickets under these secrets, none of them empty: everybody knows the empty one. */
export function acceptV1(ring: KeyRing, secrets: V1Secrets): KeyRing {
  const all = Object.values(secrets).flat();
  assert(!all.includes(''), 'a v1 secret is not empty');
  return { ...ring, v1Secrets: secrets };
}

/** The key that new tickets are made with. */
export function activeKey(ring: KeyRing): TicketKey {
  const key = ring.keys.get(ring.activeId);
  assert(key !== undefined, 'the active key is in the ring');
  return key;
}
