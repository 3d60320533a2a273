// Shared by the tests of the store: cryptography, keys, a store on a disk in memory, and short ways to pack and push.

import { createHash } from 'node:crypto';
import {
  type Cas,
  type CasCrypto,
  type CasLimits,
  type CasOptions,
  DEFAULT_CAS_LIMITS,
  encodeManifest,
  openCas,
  type Packed,
  type PackOptions,
  pack,
  signManifest,
  type UpdateManifest,
} from '@cohesix/cas';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import type { RefusalCode, Result } from '@cohesix/wire';
import { expect } from 'vitest';

export const crypto: CasCrypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };

/** A seed and its public key, different by `number`. */
export function keyPair(number: number): { readonly seed: Uint8Array; readonly publicKey: Uint8Array } {
  const seed = new Uint8Array(32).fill(number);
  return { seed, publicKey: ed25519PublicKey(seed) };
}

export const SIGNER: ReturnType<typeof keyPair> = keyPair(0x21);

/** Small limits, so that tests meet them. */
export const LIMITS: CasLimits = {
  ...DEFAULT_CAS_LIMITS,
  chunkBytes: 16,
  chunksMax: 12,
  updatesMax: 4,
  modelsMax: 3,
  weightsBytesMax: 100,
  modelPartBytesMax: 20,
  storeBytesMax: 4096,
  stagedMax: 3,
  syncEveryBytes: 24,
  gatherBytes: 10,
  quarantineMax: 8,
  quarantineBytesMax: 40,
};

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

/** `count` bytes that differ by `seed` and do not repeat. */
export function bytesOf(count: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 31 + (index >> 3) * 7 + seed * 101) & 0xff);
}

export interface Stand {
  readonly cas: Cas;
  readonly disk: MemoryDisk;
  /** What the hive's log would have got. */
  readonly log: string[];
}

export async function stand(more: Partial<CasOptions> = {}, disk: MemoryDisk = new MemoryDisk()): Promise<Stand> {
  const log: string[] = [];
  return { cas: must(await tryOpen(disk, more, log)), disk, log };
}

/** Opens a store as a fresh process does. */
export function tryOpen(disk: MemoryDisk, more: Partial<CasOptions> = {}, log: string[] = []): Promise<Result<Cas>> {
  return openCas({
    disk,
    directory: '/cas',
    crypto,
    limits: LIMITS,
    policy: { isDeltaEnabled: true, isSignatureRequired: true, verificationKeys: [SIGNER.publicKey] },
    onQuarantine: ({ expected, actual, bytes }) => log.push(`quarantined ${expected} ${actual} ${bytes}`),
    onRejected: (epoch, { reason }) => log.push(`rejected ${epoch} ${reason}`),
    ...more,
  });
}

export interface Bundle {
  readonly manifest: UpdateManifest;
  readonly manifestBytes: Uint8Array;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  readonly packed: Packed;
}

/** A signed update of `payload`. */
export async function bundle(payload: Uint8Array, more: Partial<PackOptions> = {}): Promise<Bundle> {
  const chunks = new Map<string, Uint8Array>();
  const options: PackOptions = {
    crypto,
    open: () => inPieces(payload, 7),
    epoch: '1',
    chunkBytes: LIMITS.chunkBytes,
    chunksMax: LIMITS.chunksMax,
    ...more,
  };
  const packed = must(
    await pack(options, async ({ name, bytes }) => {
      chunks.set(name, bytes.slice());
      return { ok: true, value: undefined };
    }),
  );
  const manifest = signManifest(crypto, SIGNER.seed, packed.manifest);
  return { manifest, manifestBytes: encodeManifest(manifest), chunks, packed };
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Pushes what is missing of an update, manifest first, in pieces of at most `pieceBytes`. */
export async function push(cas: Cas, { manifest, manifestBytes, chunks }: Bundle, pieceBytes = 10): Promise<void> {
  const { updates, blobs } = cas;
  if (updates.status(manifest.epoch).manifest === undefined)
    must(await updates.appendManifest(manifest.epoch, manifestBytes));
  for (const name of updates.missing(manifest.epoch)) {
    const bytes = chunks.get(name) ?? expect.fail(`the bundle has no ${name}`);
    for (let at = blobs.nextOf(name); at < bytes.length; at += pieceBytes) {
      const piece = { offset: at, bytes: bytes.subarray(at, at + pieceBytes) };
      must(await updates.appendChunk(manifest.epoch, name, piece));
    }
  }
}

/** The payload of a ready update, read through the store. */
export async function payloadIn(cas: Cas, epoch: string): Promise<Uint8Array> {
  const reader = must(cas.updates.openPayload(epoch));
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(9);
  for (let at = 0; ; ) {
    const count = must(await reader.read(buffer, at));
    if (count === 0) break;
    parts.push(buffer.slice(0, count));
    at += count;
  }
  await reader.close();
  return Buffer.concat(parts);
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
