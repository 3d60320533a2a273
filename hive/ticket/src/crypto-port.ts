// The port through which tickets reach cryptography. The package itself stays pure; a host passes in an
// implementation (`@cohesix/ticket/node` has the one for Node), a test may pass in a fake.
//
// Sources: HMAC is RFC 2104 over SHA-256 (FIPS 180-4); Ed25519 is RFC 8032 (PureEdDSA, no context, no prehash).

/** What tickets need from a cryptographic library. No method throws for data of a peer; every result is a copy. */
export interface TicketCrypto {
  /** HMAC-SHA256 of `data`: 32 bytes. `key` may have any length from 1 byte up. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** SHA-256 of `data`: 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** Whether both hold the same bytes, in a time that depends on their lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Ed25519 signature (64 bytes) of `data` under a private seed of 32 bytes. */
  ed25519Sign(seed: Uint8Array, data: Uint8Array): Uint8Array;
  /** Whether `signature` is that of `data` under a public key of 32 bytes; false for anything malformed. */
  ed25519Verify(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes of a MAC tag and of a SHA-256 digest. */
export const TAG_BYTES = 32;

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;
