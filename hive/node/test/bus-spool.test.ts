// The spool of a bus: in order, bounded, refusing instead of losing; and what is in it after the power is cut at each operation of
// the disk, or the disk fails there.

import { MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import { describe, expect, test } from 'vitest';
import { BusSpool } from '../src/buses/spool.ts';

const PATH = '/hive/spool/bus/plc-1.spool';

interface Opened {
  readonly spool: BusSpool;
  readonly notes: string[];
}

async function open(disk: MemoryDisk, limits = { maxEntries: 4, maxBytes: 64 }): Promise<Opened> {
  const notes: string[] = [];
  const spool = await BusSpool.open({ disk, path: PATH, ...limits, onFailed: (reason) => notes.push(reason) });
  if (!spool.ok) throw new Error(spool.refusal.detail);
  return { spool: spool.value, notes };
}

const linesOf = (spool: BusSpool): readonly string[] => spool.frames.map(({ seq, line }) => `${seq} ${line}`);
const codeOf = (result: ReturnType<BusSpool['put']>): string => (result.ok ? 'ok' : result.refusal.code);

describe('a spool', () => {
  test('takes as many frames and bytes as it may, and not one more', async () => {
    const { spool } = await open(new MemoryDisk());
    expect(codeOf(spool.put(['x'.repeat(61), 'base64:AQI='], 1))).toBe('ok');
    expect(spool.bytes).toBe(63);
    expect(codeOf(spool.put(['yy'], 2))).toBe('buffer-full');
    expect(codeOf(spool.put(['y', 'z'], 2))).toBe('buffer-full');
    expect(codeOf(spool.put(['y'], 2))).toBe('ok');
    const other = await open(new MemoryDisk());
    expect(codeOf(other.spool.put(['1', '2', '3', '4', '5'], 1))).toBe('buffer-full');
    expect(codeOf(other.spool.put(['1', '2', '3', '4'], 1))).toBe('ok');
    expect(codeOf(other.spool.put(['5'], 1))).toBe('buffer-full');
  });

  test('gives its frames away in order, once, and goes on with new numbers', async () => {
    const disk = new MemoryDisk();
    const { spool } = await open(disk);
    spool.put(['a', 'b'], 1);
    expect(spool.take().map(({ line }) => line)).toEqual(['a', 'b']);
    expect(spool.take()).toEqual([]);
    expect(spool.lastTaken).toBe(2);
    spool.put(['c'], 2);
    await spool.settled();
    const again = await open(disk.crash({ kind: 'none' }));
    expect(linesOf(again.spool)).toEqual(['3 c']);
    expect(again.spool.lastTaken).toBe(2);
  });

  test('drops what the journal says was replayed, and nothing after it', async () => {
    const { spool } = await open(new MemoryDisk());
    spool.put(['a', 'b', 'c'], 1);
    spool.take(2);
    expect(linesOf(spool)).toEqual(['3 c']);
    spool.take(9);
    spool.put(['d'], 1);
    expect(linesOf(spool)).toEqual(['10 d']);
  });

  test('that is damaged is put aside, said, and begins empty', async () => {
    const disk = new MemoryDisk();
    const { spool } = await open(disk);
    spool.put(['a'], 1);
    await spool.settled();
    disk.flip(PATH, 8 * 60);
    const again = await open(disk);
    expect(again.spool.frames).toEqual([]);
    expect(again.notes).toEqual([`it was damaged and is now ${PATH}.damaged`]);
    expect(disk.names('/hive/spool/bus')).toContain('plc-1.spool.damaged');
  });
});

describe('a disk that takes nothing', () => {
  test('makes it refuse frames until it takes them again; nothing is left of those', async () => {
    const disk = new MemoryDisk();
    const { spool, notes } = await open(disk);
    disk.capacity = 0;
    expect(codeOf(spool.put(['a'], 1))).toBe('ok');
    expect(codeOf(await spool.settled())).toBe('busy');
    expect(codeOf(spool.put(['b'], 1))).toBe('busy');
    await spool.settled();
    expect(notes).toHaveLength(1);
    disk.capacity = undefined;
    expect(codeOf(spool.put(['b'], 1))).toBe('busy');
    expect(codeOf(await spool.settled())).toBe('ok');
    expect(codeOf(spool.put(['c'], 1))).toBe('ok');
    await spool.settled();
    expect(linesOf((await open(disk.crash({ kind: 'none' }))).spool)).toEqual(['2 c']);
  });
});

/** What the script was promised: what is in the spool once a step is settled, and what may be meanwhile. */
interface Promised {
  kept: readonly string[];
  next: readonly string[];
}

const STEPS: readonly ((spool: BusSpool) => void)[] = [
  (spool) => void spool.put(['a'], 1),
  (spool) => void spool.put(['base64:AQI=', 'c'], 2),
  (spool) => void spool.take(1),
  (spool) => void spool.put(['d'], 3),
  (spool) => void spool.take(),
  (spool) => void spool.put(['e'], 4),
];

/** Does the steps, each settled before the next, until the disk is dead. */
async function script(disk: MemoryDisk): Promise<Promised> {
  const promised: Promised = { kept: [], next: [] };
  const opened = await open(disk).catch(() => undefined);
  for (const step of opened === undefined ? [] : STEPS) {
    const { spool } = opened as Opened;
    step(spool);
    promised.next = linesOf(spool);
    const settled = await Promise.race([spool.settled(), dead(disk)]);
    if (settled === 'dead' || !settled.ok) return promised;
    promised.kept = promised.next;
  }
  return promised;
}

async function dead(disk: MemoryDisk): Promise<'dead'> {
  while (!disk.isDead) await new Promise((resolve) => setImmediate(resolve));
  return 'dead';
}

const SURVIVALS: readonly Survival[] = [
  { kind: 'none' },
  { kind: 'all' },
  ...[3, 7, 11].map((seed): Survival => ({ kind: 'some', random: randomOf(seed), sectorBytes: 16 })),
];

/** Numbers from 0 to 1 that are the same each time (a linear congruential generator). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('the power is cut', () => {
  test('at each operation: the frames before the change or those after it, whole and in order', async () => {
    const whole = new MemoryDisk();
    await script(whole);
    const count = whole.log.length;
    expect(count).toBeGreaterThan(30);
    for (let at = 0; at < count; at++) {
      for (const fate of ['dead', { deadAfter: 20 }] as const) {
        const plan: Plan = (index) => (index === at ? fate : 'ok');
        const disk = new MemoryDisk();
        disk.plan = plan;
        const { kept, next } = await script(disk);
        for (const survival of SURVIVALS) {
          const after = await open(disk.crash(survival));
          expect([kept, next], `operation ${at} ${disk.log[at]}`).toContainEqual(linesOf(after.spool));
          expect(after.notes).toEqual([]);
        }
      }
    }
  });

  test('property of numbers: none is ever given to two frames that were settled', async () => {
    const disk = new MemoryDisk();
    const { spool } = await open(disk);
    spool.put(['a', 'b'], 1);
    await spool.settled();
    spool.take();
    await spool.settled();
    const after = await open(disk.crash({ kind: 'none' }));
    after.spool.put(['c'], 2);
    expect(linesOf(after.spool)).toEqual(['3 c']);
  });
});
