// What the tests share: the platform's SHA-256 and Ed25519, unwrapping of outcomes, and a tree by the recursive
// definitions of RFC 6962 sections 2.1 to 2.1.2, as naive as they are written, to compare with.

import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import {
  type Ed25519Verify,
  type HashSource,
  type NoteKeyKind,
  type NoteSigner,
  noteKey,
  type Outcome,
  TreeHasher,
} from '../src/index.ts';

export const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', data, 'buffer'));

export const hasher: TreeHasher = new TreeHasher(sha256);

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export const ed25519Verify: Ed25519Verify = (publicKey, data, signature) => {
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
  return verify(null, data, key, signature);
};

/** A signer of a private seed of 32 bytes. */
export function signerOf(kind: NoteKeyKind, name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = value(noteKey(sha256, { kind, name, publicKey: new Uint8Array(der.subarray(SPKI.length)) }));
  return { key, sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

/** A signer whose seed is one byte, 32 times. */
export function testSigner(kind: NoteKeyKind, name: string, byte = 7): NoteSigner {
  return signerOf(kind, name, new Uint8Array(32).fill(byte));
}

/** The value of an outcome that must have one. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`refused: ${outcome.problem}`);
  return outcome.value;
}

/** The problem of an outcome, or undefined. */
export function problem(outcome: { readonly ok: true } | { readonly ok: false; readonly problem: string }): string {
  return outcome.ok ? 'accepted' : outcome.problem;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function base64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** Each copy of `bytes` with one bit turned over. */
export function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const copy = bytes.slice();
    copy[bit >> 3]! ^= 1 << (bit & 7);
    yield copy;
  }
}

/** A tree over leaf hashes by the recursive definitions; hashes of ranges are remembered. */
export class NaiveTree {
  readonly leaves: readonly Uint8Array[];
  private readonly roots = new Map<string, Uint8Array>();

  constructor(leaves: readonly Uint8Array[]) {
    this.leaves = leaves;
  }

  /** MTH(D[start:end]). */
  root(end: number, start = 0): Uint8Array {
    const key = `${start}:${end}`;
    const known = this.roots.get(key);
    if (known !== undefined) return known;
    const root = this.compute(start, end);
    this.roots.set(key, root);
    return root;
  }

  /** PATH(m, D[start:end]). */
  path(m: number, end: number, start = 0): Uint8Array[] {
    const n = end - start;
    if (n === 1) return [];
    const k = splitOf(n);
    if (m < k) return [...this.path(m, start + k, start), this.root(end, start + k)];
    return [...this.path(m - k, end, start + k), this.root(start + k, start)];
  }

  /** SUBPROOF(m, D[start:end], b). */
  subproof(m: number, end: number, start = 0, b = true): Uint8Array[] {
    const n = end - start;
    if (m === n) return b ? [] : [this.root(end, start)];
    const k = splitOf(n);
    if (m <= k) return [...this.subproof(m, start + k, start, b), this.root(end, start + k)];
    return [...this.subproof(m - k, end, start + k, false), this.root(start + k, start)];
  }

  /** Complete subtrees of the first `size` leaves. */
  source(size: number): HashSource {
    return (level, index) => {
      const end = (index + 1) * 2 ** level;
      return end <= size ? this.root(end, index * 2 ** level) : undefined;
    };
  }

  private compute(start: number, end: number): Uint8Array {
    const n = end - start;
    if (n === 0) return sha256(new Uint8Array(0));
    if (n === 1) return this.leaves[start]!;
    const k = splitOf(n);
    return sha256(Buffer.concat([Uint8Array.of(1), this.root(start + k, start), this.root(end, start + k)]));
  }
}

/** The largest power of two below `n`, which is above 1. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Leaf hashes of the entries "0", "1", ... */
export function numberLeaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => sha256(Buffer.from(`\0${index}`)));
}
