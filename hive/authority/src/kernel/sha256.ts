// SHA-256 (FIPS 180-4, section 6.2) without the platform: what a decision hashes must be the same wherever a journal is
// replayed, and a decision cannot wait. For small texts; a host that hashes bulk uses its own.

import { toHex } from '@cohesix/bytes';

const BLOCK_SIZE = 64;
const ROUNDS = 64;

/** The first 32 bits of the fractional parts of the cube and square roots of the first primes (sections 4.2.2 and 5.3.3). */
const K: Uint32Array = rootBits(ROUNDS, 1 / 3);
const H0: Uint32Array = rootBits(8, 1 / 2);

function rootBits(count: number, power: number): Uint32Array {
  const bits = new Uint32Array(count);
  for (let candidate = 2, found = 0; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    const root = candidate ** power;
    bits[found++] = Math.floor((root - Math.floor(root)) * 2 ** 32);
  }
  return bits;
}

function isPrime(value: number): boolean {
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return false;
  return true;
}

/** Hex digest of bytes. */
export function sha256Hex(bytes: Uint8Array): string {
  const padded = pad(bytes);
  const hash = H0.slice();
  const words = new Uint32Array(ROUNDS);
  for (let at = 0; at < padded.length; at += BLOCK_SIZE) compress(hash, schedule(words, padded, at));
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (const [index, word] of hash.entries()) view.setUint32(4 * index, word);
  return toHex(digest);
}

/** `bytes 0x80 0x00... bitlength[8]`, a whole number of blocks. */
function pad(bytes: Uint8Array): Uint8Array {
  const size = Math.ceil((bytes.length + 9) / BLOCK_SIZE) * BLOCK_SIZE;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(size - 8, 8n * BigInt(bytes.length));
  return padded;
}

function schedule(words: Uint32Array, block: Uint8Array, at: number): Uint32Array {
  const view = new DataView(block.buffer, at, BLOCK_SIZE);
  for (let index = 0; index < 16; index++) words[index] = view.getUint32(4 * index);
  for (let index = 16; index < ROUNDS; index++) {
    const w15 = words[index - 15] ?? 0;
    const w2 = words[index - 2] ?? 0;
    const s0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >>> 3);
    const s1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >>> 10);
    words[index] = (words[index - 16] ?? 0) + s0 + (words[index - 7] ?? 0) + s1;
  }
  return words;
}

function compress(hash: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let round = 0; round < ROUNDS; round++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[round] ?? 0) + (words[round] ?? 0)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) hash[index] = (hash[index] ?? 0) + word;
}

function rotated(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count));
}
