// So many at a time and no more, in their order, whatever becomes of them.

import { expect, test } from 'vitest';
import { AtMost } from '../src/store/at-most.ts';

test('two at a time; a failure gives its place to the next', async () => {
  const turns = new AtMost(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (index: number) => (): Promise<number> => {
    begun.push(index);
    return new Promise((resolve, reject) => {
      ends[index] = () => (index === 1 ? reject(new Error('one')) : resolve(index));
    });
  };
  const runs = [0, 1, 2, 3].map((index) => turns.run(work(index)).catch((error: Error) => error.message));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settled();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  await settled();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[3]?.();
  expect(await Promise.all(runs)).toEqual([0, 'one', 2, 3]);
});
