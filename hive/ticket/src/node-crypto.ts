// The cryptographic port on Node. Tickets are short, so one-shot calls win: HMAC as two `crypto.hash` calls over small
// buffers (RFC 2104: H((K ^ opad) || H((K ^ ipad) || data))) takes a fifth of the time of `createHmac`, which builds
// two native objects a call (2.3 against 10.8 microseconds for 200 bytes, docs/adr/0002). A test compares the two.

import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { ID_BYTES } from './claims.ts';
import { SIGNATURE_BYTES, type TicketCrypto } from './crypto-port.ts';
import type { TicketKey } from './key-ring.ts';

const BLOCK_BYTES = 64;
const KEY_BYTES = 32;

/** DER before a raw key: RFC 8410, SubjectPublicKeyInfo and PKCS #8 of id-Ed25519. */
const SPKI_HEADER: Buffer = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_HEADER: Buffer = Buffer.from('302e020100300506032b657004220420', 'hex');

/** `TicketCrypto` by node:crypto. */
export const nodeTicketCrypto: TicketCrypto = {
  hmacSha256,
  sha256,
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  ed25519Sign: (seed, data) => sign(null, data, privateKeyOf(seed)),
  ed25519Verify,
};

/** 16 fresh random bytes: an id for `Claims` or a nonce for `Restriction`. */
export function randomTicketId(): Uint8Array {
  return randomBytes(ID_BYTES);
}

/** A fresh secret key for a ring. */
export function randomTicketKey(id: string): TicketKey {
  return { id, secret: randomBytes(KEY_BYTES) };
}

/** A fresh Ed25519 private seed (32 bytes). */
export function randomSigningSeed(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** The Ed25519 public key (32 bytes) of a private seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(SPKI_HEADER.length));
}

function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}

function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = padded(short, 0x36, data);
  const outer = padded(short, 0x5c, sha256(inner));
  return sha256(outer);
}

/** `(key ^ pad) || tail`, the key padded with zeros to a block of the hash. */
function padded(key: Uint8Array, pad: number, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES + tail.length);
  bytes.fill(pad, 0, BLOCK_BYTES);
  for (let index = 0; index < key.length; index += 1) bytes[index] = (key[index] ?? 0) ^ pad;
  bytes.set(tail, BLOCK_BYTES);
  return bytes;
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new RangeError(`an Ed25519 seed has ${KEY_BYTES} bytes, got ${seed.length}`);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
}

/** Parsed public keys: a ring's keys are long-lived objects, and parsing one costs a seventh of a verification. */
const publicKeys: WeakMap<Uint8Array, KeyObject> = new WeakMap();

function publicKeyOf(publicKey: Uint8Array): KeyObject {
  const known = publicKeys.get(publicKey);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEADER, publicKey]), format: 'der', type: 'spki' });
  publicKeys.set(publicKey, key);
  return key;
}

function ed25519Verify(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return verify(null, data, publicKeyOf(publicKey), signature);
}
