// The publisher's side: files of metadata, made and signed. Source: The Update Framework specification 1.0, sections 4 and 6.

import { encodeUtf8, toHex } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import type { CasCrypto } from '../crypto-port.ts';
import { canonicalJson } from './canonical-json.ts';
import { keyidOf, TUF_ROLES, type TufRole } from './metadata.ts';

const SPEC_VERSION = '1.0.31';

/** A key that signs: a private seed and its public key, 32 bytes each. */
export interface TufSigner {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What every file says of itself. */
export interface Edition {
  readonly version: number;
  /** Milliseconds since 1970; whole seconds count. */
  readonly expiresMs: number;
}

/** Who signs a role: public keys of 32 bytes, and how many of them must. */
export interface RoleSigners {
  readonly publicKeys: readonly Uint8Array[];
  readonly threshold: number;
}

/** The part of a file that is signed; plain JSON. */
export type SignedPart = Readonly<Record<string, unknown>>;

/** What `snapshot.json` and `timestamp.json` say of another file. */
export function metaOf(crypto: Pick<CasCrypto, 'sha256'>, version: number, bytes: Uint8Array): SignedPart {
  return { version, length: bytes.length, hashes: { sha256: toHex(crypto.sha256(bytes)) } };
}

/** Whom to believe. */
export function rootPart(
  crypto: Pick<CasCrypto, 'sha256'>,
  edition: Edition,
  roles: Readonly<Record<TufRole, RoleSigners>>,
): SignedPart {
  const idOf = (publicKey: Uint8Array): string => keyidOf(toHex(publicKey), crypto);
  const all = TUF_ROLES.flatMap((role) => roles[role].publicKeys);
  const keys = all.map((publicKey) => [idOf(publicKey), keyPart(publicKey)] as const);
  const entries = TUF_ROLES.map((role) => {
    const { publicKeys, threshold } = roles[role];
    return [role, { keyids: publicKeys.map(idOf), threshold }] as const;
  });
  const rest = { consistent_snapshot: true, keys: Object.fromEntries(keys), roles: Object.fromEntries(entries) };
  return { ...stampPart('root', edition), ...rest };
}

/** What may be fetched: by path, the length and hash of each file, and what else is to be said of it. */
export function targetsPart(edition: Edition, targets: ReadonlyMap<string, SignedPart>): SignedPart {
  return { ...stampPart('targets', edition), targets: Object.fromEntries(targets) };
}

/** Which targets go together. */
export function snapshotPart(edition: Edition, targets: SignedPart): SignedPart {
  return { ...stampPart('snapshot', edition), meta: { 'targets.json': targets } };
}

/** Which snapshot is current. */
export function timestampPart(edition: Edition, snapshot: SignedPart): SignedPart {
  return { ...stampPart('timestamp', edition), meta: { 'snapshot.json': snapshot } };
}

/** The bytes of a file signed by `signers`. Throws a TypeError for a part without a canonical form. */
export function signMetadata(crypto: CasCrypto, signed: SignedPart, signers: readonly TufSigner[]): Uint8Array {
  const bytes = canonicalJson(signed);
  assert(bytes !== undefined, 'metadata is JSON with whole numbers');
  const signatures = signers.map(({ seed, publicKey }) => ({
    keyid: keyidOf(toHex(publicKey), crypto),
    sig: toHex(crypto.ed25519Sign(seed, bytes)),
  }));
  // Not the canonical form: that is not always JSON, as it leaves control characters in strings as they are.
  return encodeUtf8(JSON.stringify({ signatures, signed }));
}

function stampPart(role: TufRole, { version, expiresMs }: Edition): SignedPart {
  const expires = `${new Date(expiresMs).toISOString().slice(0, 19)}Z`;
  return { _type: role, spec_version: SPEC_VERSION, version, expires };
}

function keyPart(publicKey: Uint8Array): SignedPart {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: toHex(publicKey) } };
}
