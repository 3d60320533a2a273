// Pieces: what is sent and fetched is whole and in order, whatever the sizes; a refusal ends it; little is under way.

import { ok, type Result, refuse } from '@cohesix/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followOf } from '../src/follow.ts';
import { type OpenPieces, PulledPieces, pushPieces } from '../src/pieces.ts';

/** A file in memory that remembers how many requests were under way at most. */
class MemoryPieces implements OpenPieces {
  bytes: Uint8Array;
  under = 0;
  underMax = 0;
  closed = 0;
  readMax = Number.POSITIVE_INFINITY;
  refusesAt = Number.POSITIVE_INFINITY;
  atClose: Result<void> = ok(undefined);
  readonly pieceBytes: number;

  constructor(pieceBytes: number, bytes: Uint8Array = new Uint8Array(0)) {
    this.pieceBytes = pieceBytes;
    this.bytes = bytes;
  }

  read(offset: number, count: number): Promise<Result<Uint8Array>> {
    return this.#later(() =>
      offset >= this.refusesAt
        ? refuse('exhausted')
        : ok(this.bytes.slice(offset, offset + Math.min(count, this.readMax))),
    );
  }

  append({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): Promise<Result<void>> {
    return this.#later(() => {
      if (offset >= this.refusesAt) return refuse('buffer-full');
      if (offset !== this.bytes.length) return refuse('stale');
      this.bytes = Uint8Array.from([...this.bytes, ...bytes]);
      return ok(undefined);
    });
  }

  async close(): Promise<Result<void>> {
    this.closed += 1;
    return this.atClose;
  }

  async #later<T>(run: () => T): Promise<T> {
    this.under += 1;
    this.underMax = Math.max(this.under, this.underMax);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.under -= 1;
    return run();
  }
}

async function* chunks(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let value = 0;
  for (const size of sizes) yield Uint8Array.from({ length: size }, () => value++ & 0xff);
}

function counted(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index & 0xff);
}

async function pulledFrom(file: MemoryPieces, from: number): Promise<{ bytes: Uint8Array; ended: Result<void> }> {
  const parts: Uint8Array[] = [];
  const pulled = followOf(new PulledPieces(file, from));
  for await (const part of pulled) parts.push(part);
  return { bytes: Uint8Array.from(Buffer.concat(parts)), ended: await pulled.ended };
}

describe('push', () => {
  it('sends everything once, in order, a bounded number at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (sizes, pieceBytes) => {
          const file = new MemoryPieces(pieceBytes);
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const progress: number[] = [];
          expect(await pushPieces(file, chunks(sizes), { onProgress: (bytes) => progress.push(bytes) })).toEqual(
            ok({ bytes: total }),
          );
          expect(file.bytes).toEqual(counted(total));
          expect(progress.at(-1) ?? 0).toBe(total);
          expect(file.underMax).toBeLessThanOrEqual(6);
          expect(file.closed).toBe(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes on where the file ends', async () => {
    const file = new MemoryPieces(4, counted(10));
    expect(await pushPieces(file, chunks([3]), { from: 10 })).toEqual(ok({ bytes: 3 }));
    expect(file.bytes.length).toBe(13);
  });

  it('stops at the first refusal and closes', async () => {
    const file = new MemoryPieces(2);
    file.refusesAt = 6;
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken += 1;
        yield new Uint8Array(2);
      }
    }
    expect(await pushPieces(file, endless(), {})).toMatchObject({ refusal: { code: 'buffer-full' } });
    expect(file.bytes.length).toBe(6);
    expect(taken).toBeLessThan(16);
    expect(file.closed).toBe(1);
  });

  it('tells what the end of the file is refused with, and closes when the source fails', async () => {
    const file = new MemoryPieces(2);
    file.atClose = refuse('invalid-payload');
    expect(await pushPieces(file, chunks([4]), {})).toMatchObject({ refusal: { code: 'invalid-payload' } });
    const other = new MemoryPieces(2);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(2);
      throw new Error('the disk is gone');
    }
    await expect(pushPieces(other, failing(), {})).rejects.toThrow('the disk is gone');
    expect(other.closed).toBe(1);
  });
});

describe('pull', () => {
  it('gives everything once, in order, also when pieces come short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 70 }),
        async (size, pieceBytes, readMax, from) => {
          const file = new MemoryPieces(pieceBytes, counted(size));
          file.readMax = readMax;
          const { bytes, ended } = await pulledFrom(file, from);
          expect(bytes).toEqual(counted(size).slice(from));
          expect(ended).toEqual(ok(undefined));
          expect(file.closed).toBe(1);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('ends with the refusal of the piece that comes next', async () => {
    const file = new MemoryPieces(4, counted(40));
    file.refusesAt = 8;
    const { bytes, ended } = await pulledFrom(file, 0);
    expect(bytes).toEqual(counted(8));
    expect(ended).toMatchObject({ refusal: { code: 'exhausted' } });
    expect(file.closed).toBe(1);
  });

  it('stops when its reader does', async () => {
    const file = new MemoryPieces(4, counted(400));
    const pulled = followOf(new PulledPieces(file, 0));
    for await (const part of pulled) {
      expect(part.length).toBe(4);
      break;
    }
    expect(await pulled.ended).toEqual(ok(undefined));
    expect(file.closed).toBe(1);
  });
});
