// A script of appends, stopped at every operation it makes: nothing acknowledged is lost, and nothing else appears.

import { describe, expect, test } from 'vitest';
import { bytes, fill, must, randomOf, tryOpen } from './helpers.ts';
import { MemoryDisk, type Plan, type Survival } from './memory-disk.ts';

const LIMITS = { segmentBytesMax: 600, batchRecordsMax: 3 };
const SUBMITTED = Array.from({ length: 14 }, (_, index) => `record ${index + 1} ${'x'.repeat((index * 37) % 150)}`);
const SURVIVALS: (readonly [string, () => Survival])[] = [
  ['everything', () => ({ kind: 'all' })],
  ['nothing', () => ({ kind: 'none' })],
];
for (const seed of [1, 2, 3, 4, 5])
  SURVIVALS.push([`some, seed ${seed}`, () => ({ kind: 'some', random: randomOf(seed) })]);

interface Run {
  readonly disk: MemoryDisk;
  readonly acknowledged: readonly string[];
  readonly refused: readonly string[];
}

/** Groups of one to four appends in a turn; the next group once the group before is answered. */
async function run(plan: Plan): Promise<Run> {
  const disk = new MemoryDisk();
  disk.plan = plan;
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const opened = await tryOpen(disk, LIMITS);
  if (!opened.ok) return { disk, acknowledged, refused };
  const { journal } = opened.value;
  for (let from = 0, size = 1; from < SUBMITTED.length; from += size, size = (size % 4) + 1) {
    await Promise.all(
      SUBMITTED.slice(from, from + size).map(async (body) => {
        const appended = journal.append(bytes(body));
        const isDurable = appended.ok && (await appended.value.durable).ok;
        (isDurable ? acknowledged : refused).push(body);
      }),
    );
  }
  await journal.close();
  return { disk, acknowledged, refused };
}

async function expectKept(disk: MemoryDisk, acknowledged: readonly string[]): Promise<readonly string[]> {
  const { journal, bodies } = must(await tryOpen(disk, LIMITS));
  expect(bodies.slice(0, acknowledged.length)).toEqual(acknowledged);
  expect(bodies).toEqual(SUBMITTED.slice(0, bodies.length));
  expect(must(journal.append(bytes('after'))).seq).toBe(bodies.length + 1);
  must(await journal.close());
  const again = must(await tryOpen(disk, LIMITS));
  expect(again.bodies).toEqual([...bodies, 'after']);
  expect(again.report.torn).toBeUndefined();
  must(await again.journal.close());
  return bodies;
}

const whole = await run(() => 'ok');
const COUNT = whole.disk.log.length;

describe('failpoint sweep', () => {
  test('the script without a fault keeps every record over several segments', async () => {
    expect(whole.acknowledged).toEqual(SUBMITTED);
    expect(whole.disk.names('/journal').filter((name) => name.endsWith('.seg')).length).toBeGreaterThan(3);
    expect(COUNT).toBeGreaterThan(50);
  });

  test.each(SURVIVALS)('crash at every operation, %s unsynced survives', async (_, survival) => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, acknowledged } = await run((index) => (index === at ? 'dead' : 'ok'));
      await expectKept(disk.crash(survival()), acknowledged);
    }
  });

  test.each(SURVIVALS.slice(2))('crash at every operation of the recovery after a crash, %s', async (_, survival) => {
    for (let at = 10; at < COUNT; at += 3) {
      const { disk, acknowledged } = await run((index) => (index === at ? 'dead' : 'ok'));
      const crashed = disk.crash(survival());
      for (let second = 0; ; second++) {
        const recovering = crashed.crash({ kind: 'all' });
        recovering.plan = (index) => (index === second ? 'dead' : 'ok');
        const opened = await tryOpen(recovering, LIMITS);
        await expectKept(recovering.crash(survival()), acknowledged);
        if (opened.ok) break;
      }
    }
  });

  test('kill at every operation, restart, then a power cut: what the restart showed stays', async () => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, acknowledged } = await run((index) => (index === at ? 'dead' : 'ok'));
      disk.restart();
      const { bodies } = must(await tryOpen(disk, LIMITS));
      expect(await expectKept(disk.crash({ kind: 'none' }), acknowledged)).toEqual(bodies);
    }
  });

  test('a sync that fails and forgets its pages, restart, then a power cut: what the restart showed stays', async () => {
    let showed = 0;
    for (let at = 0; at < COUNT; at++) {
      if (whole.disk.log[at] !== 'datasync') continue;
      const { disk, acknowledged } = await run((index) => (index === at ? 'lost' : 'ok'));
      disk.restart();
      const { bodies } = must(await tryOpen(disk, LIMITS));
      expect(await expectKept(disk.crash({ kind: 'none' }), acknowledged)).toEqual(bodies);
      showed += bodies.length - acknowledged.length;
    }
    expect(showed, 'records that a sync had lost and recovery wrote again').toBeGreaterThan(10);
  });

  test.each(['EIO', 'ENOSPC', 'EROFS'] as const)(
    '%s once at every operation: refused means gone after a restart',
    async (fate) => {
      for (let at = 0; at < COUNT; at++) {
        const { disk, acknowledged } = await run((index) => (index === at ? fate : 'ok'));
        const bodies = await expectKept(disk.crash({ kind: 'all' }), acknowledged);
        expect(bodies, `fault at operation ${at}, ${disk.log[at]}`).toEqual(acknowledged);
      }
    },
  );

  test.each(['EIO', 'ENOSPC'] as const)('%s from some operation on, for ever', async (fate) => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, acknowledged } = await run((index) => (index >= at ? fate : 'ok'));
      for (const [, survival] of SURVIVALS) await expectKept(disk.crash(survival()), acknowledged);
    }
  });

  test('short writes at every operation change nothing', async () => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, acknowledged } = await run((index) => (index === at ? 'short' : 'ok'));
      expect(acknowledged).toEqual(SUBMITTED);
      await expectKept(disk.crash({ kind: 'none' }), acknowledged);
    }
  });

  test('a disk that fills up during recovery: refused with everything still there', async () => {
    const full = new MemoryDisk();
    await fill(full, ['one', 'two']);
    const path = '/journal/0000000000000001.seg';
    full.overwrite(path, Buffer.concat([full.contents(path), Buffer.from('torn')]));
    for (let at = 0; ; at++) {
      const disk = full.crash({ kind: 'all' });
      disk.plan = (index, name) => (index >= at && ['writev', 'open'].includes(name) ? 'ENOSPC' : 'ok');
      const opened = await tryOpen(disk);
      const { bodies, journal } = must(await tryOpen(disk.crash({ kind: 'all' })));
      expect(bodies).toEqual(['one', 'two']);
      must(await journal.close());
      if (opened.ok) break;
      expect(opened.refusal.code).toBe('audit-unavailable');
      expect(opened.refusal.detail).toContain('ENOSPC');
    }
  });
});
