// Power cuts at every operation of the store of LoRA jobs, and around every record of an activation: what was acknowledged is
// there, what is there is whole, and the pointer is one model or the other.

import { createHash } from 'node:crypto';
import { MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import type { Result } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { LoraStore } from '../src/lora-jobs/store.ts';
import { makeBooks, replayed } from './fixture.ts';

const FIRST = Buffer.alloc(300, 'first ');
const SECOND = Buffer.alloc(500, 'second ');

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Run {
  readonly disk: MemoryDisk;
  /** Hashes that were acknowledged and not removed since. */
  readonly kept: Set<string>;
}

/** Keeps two contents, removes the first, keeps it again; as far as the plan lets it. */
async function run(plan: Plan): Promise<Run> {
  const disk = new MemoryDisk();
  disk.plan = plan;
  const made: Run = { disk, kept: new Set() };
  const opened = await LoraStore.open(disk, '/lora_jobs');
  if (!opened.ok) return made;
  const store = opened.value;
  const keep = async (bytes: Uint8Array): Promise<void> => {
    const put = await store.put(bytes);
    if (put.ok) made.kept.add(put.value);
  };
  await keep(FIRST);
  await keep(SECOND);
  made.kept.delete(sha(FIRST));
  const collected = await store.collect((name) => name === sha(SECOND));
  if (collected.ok) await keep(FIRST);
  return made;
}

/** What a fresh process finds. */
async function expectWhole({ disk, kept }: Run, survival: Survival): Promise<void> {
  const after = disk.crash(survival);
  const store = must(await LoraStore.open(after, '/lora_jobs'));
  for (const name of kept) expect(store.has(name), 'acknowledged content is there').toBe(true);
  for (const bytes of [FIRST, SECOND]) {
    if (!store.has(sha(bytes))) continue;
    expect(Buffer.from(must(await store.get(sha(bytes), bytes.length))).equals(bytes)).toBe(true);
  }
  must(await store.collect(() => false));
  expect(after.names('/lora_jobs'), 'nothing is left behind').toEqual([]);
  expect(must(await store.put(FIRST))).toBe(sha(FIRST));
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SURVIVALS: readonly (readonly [string, () => Survival])[] = [
  ['everything', () => ({ kind: 'all' })],
  ['nothing', () => ({ kind: 'none' })],
  ...[1, 2, 3].map(
    (seed) =>
      [`some, seed ${seed}`, (): Survival => ({ kind: 'some', random: randomOf(seed), sectorBytes: 8 })] as const,
  ),
];

describe('the store of LoRA jobs', () => {
  it.each(SURVIVALS)(
    'after a power cut at every operation, when %s that was not synced survives',
    async (_, survival) => {
      const whole = await run(() => 'ok');
      expect([...whole.kept].sort()).toEqual([sha(FIRST), sha(SECOND)].sort());
      const { length } = whole.disk.log;
      expect(length).toBeGreaterThan(15);
      for (let at = 0; at < length; at++)
        await expectWhole(await run((index) => (index === at ? 'dead' : 'ok')), survival());
    },
  );

  it('after every operation that fails', async () => {
    const { length } = (await run(() => 'ok')).disk.log;
    for (let at = 0; at < length; at++) {
      const failed = await run((index) => (index === at ? 'EIO' : 'ok'));
      failed.disk.plan = () => 'ok';
      await expectWhole(failed, { kind: 'all' });
    }
  });
});

describe('an activation', () => {
  const CTL = '/gpu/models/ctl';
  const ACTIVE = '/gpu/models/active';
  const model = (id: string): object => ({ op: 'register', id, base: 'b', hashes: { adapter: `${'a'.repeat(64)}:1` } });

  it('is there or not, whichever record is the last that reached the disk', () => {
    const books = makeBooks();
    books.submit(CTL, model('v1'), model('v2'));
    books.submit(ACTIVE, 'v1');
    books.submit(ACTIVE, 'v2');
    books.submit(ACTIVE, { op: 'rollback' });
    books.sink.release();
    const pointers = books.sink.bodies.map((_, last) => {
      const { state } = replayed(books.authority, books.sink.bodies.slice(0, last + 1));
      expect(books.authority.invariants(state)).toEqual([]);
      return books.authority.controlText(state, ACTIVE);
    });
    expect(pointers).toEqual(['', '', 'v1\n', 'v2\n', 'v1\n']);
  });

  it('that the disk did not take is not shown, not answered with ok, and not told in the log', () => {
    const books = makeBooks();
    books.submit(CTL, model('v1'), model('v2'));
    books.submit(ACTIVE, 'v1');
    books.sink.release();
    books.log.length = 0;
    books.submit(ACTIVE, 'v2');
    expect(books.authority.controlText(books.ledger.shown, ACTIVE)).toBe('v1\n');
    books.sink.fail('EIO');
    expect(books.authority.controlText(books.ledger.shown, ACTIVE)).toBe('v1\n');
    expect(books.answers.at(-1)).toBe('audit-unavailable');
    expect(books.log.join('\n')).not.toContain('model activated');
  });
});
