// Cryptography for the tests of this package: the port on node:crypto, and keys that are the same in every run.

import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import type { RefusalCode, Result } from '@cohesix/wire';
import { expect } from 'vitest';
import type { CasCrypto } from '../src/index.ts';

// DER before a raw seed: RFC 8410, PKCS #8 of id-Ed25519.
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

export const crypto: CasCrypto = {
  sha256: (data) => hash('sha256', data, 'buffer'),
  sha256Stream: () => createHash('sha256'),
  ed25519Sign: (seed, data) => sign(null, data, privateKeyOf(seed)),
  ed25519Verify: (publicKey, data, signature) =>
    publicKey.length === 32 && signature.length === 64 && verify(null, data, publicKeyOf(publicKey), signature),
};

/** A seed and its public key, different by `number`. */
export function keyPair(number: number): { readonly seed: Uint8Array; readonly publicKey: Uint8Array } {
  const seed = new Uint8Array(32).fill(number);
  seed[0] = number >> 8;
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
  return { seed, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) };
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

export function expectRefused(result: Result<unknown>, code: RefusalCode, detail: RegExp = /./): void {
  if (result.ok) expect.fail(`expected the refusal ${code}`);
  expect(result.refusal.code, result.refusal.detail).toBe(code);
  expect(result.refusal.detail).toMatch(detail);
}

export function sha(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
