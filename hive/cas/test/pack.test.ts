// Packing: chunks and manifest say what the payload is, and against a base only what is new is sent.

import { toHex } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Packed, type PackOptions, pack } from '../src/index.ts';
import { crypto, expectRefused, must, sha } from './crypto.ts';

const SEED = 20261121;
const CHUNK = 8;

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface Sent {
  readonly packed: Packed;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

async function packed(payload: Uint8Array, more: Partial<PackOptions> = {}, sizes = [5]): Promise<Sent> {
  const chunks = new Map<string, Uint8Array>();
  const options = {
    crypto,
    open: () => inPieces(payload, sizes),
    epoch: '1',
    chunkBytes: CHUNK,
    chunksMax: 64,
    ...more,
  };
  const result = await pack(options, async ({ name, bytes }) => {
    expect(chunks.has(name), 'each chunk is sent once').toBe(false);
    chunks.set(name, bytes.slice());
    return { ok: true, value: undefined };
  });
  return { packed: must(result), chunks };
}

/** What a receiver with these chunks makes of it. */
function unpacked(
  { packed: { manifest } }: Sent,
  has: ReadonlyMap<string, Uint8Array>,
  base = Buffer.alloc(0),
): Buffer {
  return Buffer.concat([
    base,
    ...manifest.chunks.map((chunk) => has.get(toHex(chunk)) ?? expect.fail('a chunk is lost')),
  ]);
}

const payloads = fc.uint8Array({ maxLength: 100 });
const pieceSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe('packing', () => {
  test('whatever pieces it comes in, the chunks are the payload', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, pieceSizes, async (payload, sizes) => {
        const sent = await packed(payload, {}, sizes);
        expect(unpacked(sent, sent.chunks)).toEqual(Buffer.from(payload));
        const { manifest } = sent.packed;
        expect(toHex(manifest.payloadSha256)).toBe(sha(payload));
        expect(manifest.payloadBytes).toBe(payload.length);
        expect(manifest.chunks).toHaveLength(Math.ceil(payload.length / CHUNK));
        for (const [name, bytes] of sent.chunks) expect(sha(bytes)).toBe(name);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('against any base the receiver gets the payload, and nothing it has is sent', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, payloads, fc.boolean(), async (old, fresh, isAppended) => {
        const before = await packed(old);
        const payload = isAppended ? Buffer.concat([old, fresh]) : fresh;
        const has = (name: string): boolean => before.chunks.has(name);
        const sent = await packed(payload, { epoch: '2', base: before.packed.manifest, has });
        const isDelta = sent.packed.manifest.delta !== undefined;
        if (isAppended) expect(isDelta).toBe(true);
        const start = isDelta ? Buffer.from(old) : Buffer.alloc(0);
        expect(unpacked(sent, new Map([...before.chunks, ...sent.chunks]), start)).toEqual(Buffer.from(payload));
        expect(toHex(sent.packed.manifest.payloadSha256)).toBe(sha(payload));
        for (const name of sent.chunks.keys()) expect(has(name)).toBe(false);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('a megabyte with one byte changed: one chunk of 256 is sent', async () => {
    const old = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 2654435761) >>> 24);
    const more = { chunkBytes: 4096, chunksMax: 256 };
    const before = await packed(old, more, [65_536]);
    const changed = old.slice();
    changed[500_000] = (changed[500_000] ?? 0) ^ 1;
    const sent = await packed(changed, { ...more, has: (name) => before.chunks.has(name) }, [65_536]);
    expect(sent.packed).toMatchObject({ sentChunks: 1, sentBytes: 4096 });
  });

  test('a chunk that comes again is sent once', async () => {
    const sent = await packed(new Uint8Array(5 * CHUNK));
    expect(sent.packed).toMatchObject({ sentChunks: 1, sentBytes: CHUNK });
    expect(sent.packed.manifest.chunks).toHaveLength(5);
  });

  test('too many chunks, and a sink that refuses', async () => {
    const open = (): AsyncIterable<Uint8Array> => inPieces(new Uint8Array(4 * CHUNK + 1), [100]);
    const options = { crypto, open, epoch: '1', chunkBytes: CHUNK, chunksMax: 4 };
    const accept = async (): Promise<{ ok: true; value: undefined }> => ({ ok: true, value: undefined });
    expectRefused(await pack(options, accept), 'too-big', /more than 4 chunks/);
    must(await pack({ ...options, chunksMax: 5 }, accept));
    const refusal = { ok: false, refusal: { code: 'buffer-full', detail: 'no room' } } as const;
    expectRefused(await pack(options, async () => refusal), 'buffer-full', /no room/);
  });
});
