// A power cut, a kill, a failing disk at every operation of a script that pushes an update, a delta and a model, then replaces
// them. What was ready stays ready with its very bytes; nothing is ever ready with others; and the script can be ended afterwards.

import type { Cas } from '@cohesix/cas';
import { MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import { describe, expect, test } from 'vitest';
import { type Bundle, bundle, bytesOf, must, payloadIn, randomOf, sha, tryOpen } from './kit.ts';

const BASE = bytesOf(40);
const LONGER = bytesOf(60);
const WEIGHTS = bytesOf(80, 3);
const MODEL = sha(WEIGHTS);
const base = await bundle(BASE);
const delta = await bundle(LONGER, { epoch: '2', base: base.manifest });
const PAYLOADS: Readonly<Record<string, Uint8Array>> = { '1': BASE, '2': LONGER };
const SURVIVALS: (readonly [string, () => Survival])[] = [
  ['everything', () => ({ kind: 'all' })],
  ['nothing', () => ({ kind: 'none' })],
];
for (const seed of [1, 2, 3, 4])
  SURVIVALS.push([`some, seed ${seed}`, () => ({ kind: 'some', random: randomOf(seed), sectorBytes: 8 })]);

/** What the script was told: things that are ready now for whoever asked. */
type Told = Set<string>;

/** Does what is not done yet; a refusal ends it. True when all is done. */
async function script(cas: Cas, told: Told): Promise<boolean> {
  for (const made of [base, delta]) if (!(await pushAgain(cas, made, told))) return false;
  return pushModel(cas, told);
}

async function pushAgain(cas: Cas, { manifest, manifestBytes, chunks }: Bundle, told: Told): Promise<boolean> {
  const { epoch } = manifest;
  if (cas.updates.status(epoch).manifest === undefined)
    if (!(await cas.updates.appendManifest(epoch, manifestBytes)).ok) return false;
  for (const name of cas.updates.missing(epoch)) {
    const bytes = chunks.get(name)!;
    for (let at = cas.blobs.nextOf(name); at < bytes.length; at += 9) {
      const piece = { offset: at, bytes: bytes.subarray(at, at + 9) };
      if (!(await cas.updates.appendChunk(epoch, name, piece)).ok) return false;
    }
  }
  await cas.updates.finishPending();
  if (cas.updates.status(epoch).state !== 'ready') return false;
  told.add(epoch);
  return true;
}

async function pushModel(cas: Cas, told: Told): Promise<boolean> {
  if (cas.blobs.sizeOf(MODEL) === undefined) {
    for (let at = cas.blobs.nextOf(MODEL); at < WEIGHTS.length; at += 16)
      if (!(await cas.models.appendWeights(MODEL, { offset: at, bytes: WEIGHTS.subarray(at, at + 16) })).ok)
        return false;
    if (!(await cas.models.sealWeights(MODEL)).ok) return false;
  }
  for (const part of ['schema', 'signature'] as const) {
    const set = await cas.models.setPart(MODEL, part, Uint8Array.of(1));
    if (!set.ok && set.refusal.code !== 'exists') return false;
  }
  if (cas.models.sealed(MODEL) === undefined) return false;
  told.add('model');
  return true;
}

async function run(plan: Plan): Promise<{ readonly disk: MemoryDisk; readonly told: Told }> {
  const disk = new MemoryDisk();
  disk.plan = plan;
  const told: Told = new Set();
  const opened = await tryOpen(disk);
  if (opened.ok) await script(opened.value, told);
  return { disk, told };
}

/** What a fresh process finds must be right and hold all that was told; then the rest can be done. */
async function expectWhole(disk: MemoryDisk, told: Told): Promise<void> {
  const cas = must(await tryOpen(disk));
  for (const epoch of told) if (epoch !== 'model') expect(cas.updates.status(epoch).state).toBe('ready');
  if (told.has('model')) expect(cas.models.sealed(MODEL)).toBeDefined();
  await expectRight(cas);
  await cas.updates.finishPending();
  expect(cas.blobs.quarantined).toEqual([]);
  expect(await script(cas, new Set())).toBe(true);
  await expectRight(cas);
  expect(cas.updates.epochs).toEqual(['1', '2']);
  expect(disk.names('/cas/staging')).toEqual([]);
}

async function expectRight(cas: Cas): Promise<void> {
  for (const epoch of cas.updates.epochs) {
    if (cas.updates.status(epoch).state !== 'ready') continue;
    expect(await payloadIn(cas, epoch)).toEqual(Buffer.from(PAYLOADS[epoch]!));
    must(await cas.updates.verify(epoch));
  }
  if (cas.models.sealed(MODEL) !== undefined) expect(must(await cas.blobs.verify(MODEL))).toBe(true);
}

const whole = await run(() => 'ok');
const COUNT = whole.disk.log.length;

describe('crash sweep', () => {
  test('the script without a fault', async () => {
    expect([...whole.told]).toEqual(['1', '2', 'model']);
    expect(COUNT).toBeGreaterThan(100);
    await expectWhole(whole.disk.crash({ kind: 'none' }), whole.told);
  });

  test.each(SURVIVALS)('power cut at every operation, %s unsynced survives', async (_, survival) => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, told } = await run((index) => (index === at ? 'dead' : 'ok'));
      await expectWhole(disk.crash(survival()), told);
    }
  });

  test('power cut in the middle of every write', async () => {
    for (let at = 0; at < COUNT; at++) {
      if (whole.disk.log[at] !== 'writev') continue;
      for (const deadAfter of [0, 1, 5]) {
        const { disk, told } = await run((index) => (index === at ? { deadAfter } : 'ok'));
        await expectWhole(disk.crash({ kind: 'all' }), told);
      }
    }
  });

  test('kill at every operation, then a power cut in what the next process does', async () => {
    for (let at = 5; at < COUNT; at++) {
      const { disk, told } = await run((index) => (index === at ? 'dead' : 'ok'));
      for (let second = at % 5; second < 60; second += 5) {
        const next = disk.fork();
        next.plan = (index) => (index === second ? 'dead' : 'ok');
        const again = await tryOpen(next);
        if (again.ok) await script(again.value, told);
        await expectWhole(next.crash({ kind: 'some', random: randomOf(second + 1) }), told);
      }
    }
  });

  test.each(['EIO', 'ENOSPC'] as const)('%s once at every operation: refused, and it works again', async (fate) => {
    for (let at = 0; at < COUNT; at++) {
      const disk = new MemoryDisk();
      const told: Told = new Set();
      disk.plan = (index) => (index === at ? fate : 'ok');
      const opened = await tryOpen(disk);
      if (opened.ok) {
        await script(opened.value, told);
        // The same process goes on: nothing of the failure sticks.
        expect(await script(opened.value, told), `operation ${at}, ${disk.log[at]}`).toBe(true);
        await expectRight(opened.value);
      }
      await expectWhole(disk.crash({ kind: 'none' }), told);
    }
  });

  test('a sync that fails and forgets its pages: nothing told is lost', async () => {
    for (let at = 0; at < COUNT; at++) {
      if (whole.disk.log[at] !== 'datasync') continue;
      const { disk, told } = await run((index) => (index === at ? 'lost' : 'ok'));
      disk.restart();
      await expectWhole(disk.crash({ kind: 'none' }), told);
    }
  });

  test('short writes change nothing', async () => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, told } = await run((index) => (index === at ? 'short' : 'ok'));
      expect(told.size).toBe(3);
      await expectWhole(disk.crash({ kind: 'none' }), told);
    }
  });

  test('power cut at every operation of a removal and a collection: old or new', async () => {
    for (let at = 0; ; at++) {
      const disk = whole.disk.fork();
      const cas = must(await tryOpen(disk));
      const from = disk.log.length;
      disk.plan = (index) => (index === from + at ? 'dead' : 'ok');
      const isRemoved = (await cas.updates.remove('2')).ok;
      const isCollected = (await cas.collect(true)).ok;
      const isEnd = disk.log.length <= from + at;
      const again = must(await tryOpen(disk.crash({ kind: 'some', random: randomOf(at + 1) })));
      await expectRight(again);
      expect(again.updates.status('1').state).toBe('ready');
      expect(again.models.sealed(MODEL)).toBeDefined();
      if (isRemoved) expect(again.updates.epochs).toEqual(['1']);
      if (isRemoved && isCollected) expect(again.blobs.usedBytes).toBe(BASE.length + WEIGHTS.length);
      if (isEnd) break;
    }
  });
});
