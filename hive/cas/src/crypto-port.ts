// The port through which this package reaches cryptography. The names are those of `TicketCrypto` (hive/ticket), so a host
// passes `{ ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') }`.
//
// Sources: SHA-256 is FIPS 180-4; Ed25519 is RFC 8032 (PureEdDSA, no context, no prehash).

/** A SHA-256 that is fed piece by piece; `createHash('sha256')` of Node is one. */
export interface Sha256Stream {
  /** Takes in `data`; it is borrowed for the call. */
  update(data: Uint8Array): unknown;
  /** The 32 bytes; nothing may be fed after that. */
  digest(): Uint8Array;
  /** Another one that has been fed the same. */
  copy(): Sha256Stream;
}

/** A SHA-256 that is made beside the caller, on another thread perhaps. Pieces are hashed in the order of the calls. */
export interface Sha256Beside {
  /** Takes in a piece; it is borrowed until this settles. */
  update(piece: Uint8Array): Promise<void>;
  /** The 32 bytes of everything so far; more may follow. */
  digest(): Promise<Uint8Array>;
  /** Nothing follows. Idempotent. */
  close(): void;
}

/** What the package needs from a cryptographic library. No method throws for data of a peer. */
export interface CasCrypto {
  /** SHA-256 of `data`: 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  sha256Stream(): Sha256Stream;
  /** For payloads; absent: they are hashed on the caller's thread. */
  sha256Beside?(): Sha256Beside;
  /** Ed25519 signature (64 bytes) of `data` under a private seed of 32 bytes. */
  ed25519Sign(seed: Uint8Array, data: Uint8Array): Uint8Array;
  /** Whether `signature` is that of `data` under a public key of 32 bytes; false for anything malformed. */
  ed25519Verify(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
}

/** A hash beside the caller that is none: made of a stream. */
export function besideOf(stream: Sha256Stream): Sha256Beside {
  return {
    update: async (piece) => {
      stream.update(piece);
    },
    digest: async () => stream.copy().digest(),
    close: () => undefined,
  };
}

/** What checks signatures, and makes none. */
export type VerifyCrypto = Pick<CasCrypto, 'sha256' | 'ed25519Verify'>;

/** Bytes of a SHA-256 digest. */
export const HASH_BYTES = 32;
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;
