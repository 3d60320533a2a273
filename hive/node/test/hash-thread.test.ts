// Hashes on the thread are those of Node, whatever the pieces, several at a time; the thread ends with its work.

import { createHash } from 'node:crypto';
import { besideOf } from '@cohesix/cas';
import { expect, it } from 'vitest';
import { HashThread } from '../src/cas/hash-thread.ts';

const PIECE = 4096;

function pieceOf(value: number, length: number, buffer: ArrayBufferLike = new SharedArrayBuffer(PIECE)): Uint8Array {
  return new Uint8Array(buffer, 0, length).fill(value);
}

it.each([
  ['on the thread', () => new HashThread().begin()],
  ['here', () => besideOf(createHash('sha256'))],
])('a hash made %s is that of everything so far, in shared memory and in memory of its own', async (_, begin) => {
  const hash = begin();
  const expected = createHash('sha256');
  for (const [value, length] of [
    [1, PIECE],
    [2, 1],
    [3, 100],
  ] as const) {
    expected.update(pieceOf(value, length));
    await hash.update(pieceOf(value, length));
    expected.update(pieceOf(value, length));
    await hash.update(pieceOf(value, length, new ArrayBuffer(PIECE)));
    expect(Buffer.from(await hash.digest())).toEqual(expected.copy().digest());
  }
  hash.close();
  hash.close();
});

it('makes several at a time, and begins anew after all have ended', async () => {
  const thread = new HashThread();
  for (let round = 0; round < 2; round++) {
    const hashes = [thread.begin(), thread.begin(), thread.begin()];
    await Promise.all(
      hashes.flatMap((hash, index) => [hash.update(pieceOf(index, 10)), hash.update(pieceOf(index, 5))]),
    );
    for (const [index, hash] of hashes.entries()) {
      const expected = createHash('sha256').update(pieceOf(index, 15)).digest();
      expect(Buffer.from(await hash.digest())).toEqual(expected);
      hash.close();
    }
  }
});

it('a hash that was given up mid-way refuses, and the next one is made', async () => {
  const thread = new HashThread();
  const lost = thread.begin();
  const asked = lost.update(pieceOf(1, 10));
  lost.close();
  await expect(asked).rejects.toThrow();
  const next = thread.begin();
  expect((await next.digest()).length).toBe(32);
  next.close();
});
