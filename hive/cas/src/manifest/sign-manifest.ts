// The signature of a manifest: Ed25519 over the encoding that has null where the signature is. Source: contracts-1, 5.8.

import type { CasCrypto, VerifyCrypto } from '../crypto-port.ts';
import { encodeManifest, type UpdateManifest } from './update-manifest.ts';

/** The manifest with a signature by the private seed (32 bytes); one it had is replaced. */
export function signManifest(crypto: CasCrypto, seed: Uint8Array, manifest: UpdateManifest): UpdateManifest {
  return { ...manifest, signature: crypto.ed25519Sign(seed, signedBytes(manifest)) };
}

/** Whether its signature is by one of `keys` (public keys of 32 bytes); false when it has none. */
export function isSignedBy(crypto: VerifyCrypto, keys: readonly Uint8Array[], manifest: UpdateManifest): boolean {
  const { signature } = manifest;
  if (signature === undefined) return false;
  const bytes = signedBytes(manifest);
  return keys.some((key) => crypto.ed25519Verify(key, bytes, signature));
}

function signedBytes(manifest: UpdateManifest): Uint8Array {
  return encodeManifest({ ...manifest, signature: undefined });
}
