// Syncs shared by those who wait, and work on one key in order.

import { expect, test } from 'vitest';
import { KeyedQueue } from '../src/store/keyed-queue.ts';
import { SharedSync } from '../src/store/shared-sync.ts';

/** A promise that somebody else settles. */
function deferred(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
} {
  return Promise.withResolvers<void>();
}

/** Lets everything that can happen now happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test('who comes while a sync runs waits for the next one, together with the others', async () => {
  const syncs: ReturnType<typeof deferred>[] = [];
  const shared = new SharedSync(() => {
    const sync = deferred();
    syncs.push(sync);
    return sync.promise;
  });
  const done: string[] = [];
  const wait = (name: string): Promise<unknown> =>
    shared.run().then(
      () => done.push(name),
      () => done.push(`${name} failed`),
    );
  const all = [wait('a')];
  await settle();
  all.push(wait('b'), wait('c'));
  await settle();
  expect(syncs).toHaveLength(1);
  syncs[0]?.resolve();
  await settle();
  expect(done).toEqual(['a']);
  expect(syncs).toHaveLength(2);
  all.push(wait('d'));
  syncs[1]?.reject(new Error('EIO'));
  await settle();
  expect(done).toEqual(['a', 'b failed', 'c failed']);
  syncs[2]?.resolve();
  await Promise.all(all);
  expect(done).toEqual(['a', 'b failed', 'c failed', 'd']);
});

test('work on one key in order, on two keys side by side; a failure stops nobody', async () => {
  const queue = new KeyedQueue();
  const gates = { a: deferred(), b: deferred() };
  const done: string[] = [];
  const first = queue.run('x', () => gates.a.promise).catch(() => done.push('a failed'));
  const second = queue.run('x', async () => done.push('b'));
  const other = queue.run('y', () => gates.b.promise).then(() => done.push('other'));
  gates.b.resolve();
  await other;
  expect(done).toEqual(['other']);
  expect(queue.isBusy('x')).toBe(true);
  gates.a.reject(new Error('EIO'));
  await Promise.all([first, second]);
  expect(done.slice(1).sort()).toEqual(['a failed', 'b']);
  await settle();
  expect(queue.isBusy('x') || queue.isBusy('y')).toBe(false);
});
