// A sealed journal taken up again in the same process, failing at every operation; the reserve; the archive.

import { describe, expect, test } from 'vitest';
import { type Journal, Reserve, scanJournal } from '../src/index.ts';
import { bytes, DIRECTORY, fill, keep, must, randomOf, refusalOf, tryOpen } from './helpers.ts';
import { type Fate, MemoryDisk, type Survival } from './memory-disk.ts';

const LIMITS = { segmentBytesMax: 600, batchRecordsMax: 3 };
const BODIES = Array.from({ length: 12 }, (_, index) => `record ${index + 1} ${'x'.repeat((index * 37) % 150)}`);

interface Run {
  readonly disk: MemoryDisk;
  readonly journal: Journal;
  readonly acknowledged: string[];
  readonly refused: string[];
}

/** Appends all bodies, each until it is kept: when the journal seals itself it is reopened, as often as that takes. */
async function run(fateAt: (index: number) => Fate): Promise<Run> {
  const disk = new MemoryDisk();
  const { journal } = must(await tryOpen(disk, LIMITS));
  const from = disk.log.length;
  disk.plan = (index) => fateAt(index - from);
  const [acknowledged, refused]: [string[], string[]] = [[], []];
  for (const body of BODIES) {
    for (let tries = 0; tries < 8; tries++) {
      const appended = journal.append(bytes(`${body} try ${tries}`));
      const isDurable = appended.ok && (await appended.value.durable).ok;
      (isDurable ? acknowledged : refused).push(`${body} try ${tries}`);
      if (isDurable) break;
      await journal.reopen();
    }
  }
  return { disk, journal, acknowledged, refused };
}

const COUNT = (await run(() => 'ok')).disk.log.length;
const SURVIVALS: readonly Survival[] = [
  { kind: 'all' },
  { kind: 'none' },
  { kind: 'some', random: randomOf(7) },
  { kind: 'some', random: randomOf(8) },
];

describe('a journal that is reopened', () => {
  test('goes on wherever one operation failed, and keeps what it acknowledged and nothing else', async () => {
    for (const fate of ['ENOSPC', 'EIO', 'EROFS'] as const)
      for (let at = 0; at < COUNT; at++) {
        const { disk, journal, acknowledged, refused } = await run((index) => (index === at ? fate : 'ok'));
        const where = `${fate} at ${at}`;
        expect(acknowledged.length, where).toBe(BODIES.length);
        disk.plan = () => 'ok';
        must(await journal.close());
        const { bodies, journal: next } = must(await tryOpen(disk, LIMITS));
        expect(bodies, where).toEqual(acknowledged);
        expect(refused.length, where).toBeLessThanOrEqual(1);
        must(await next.close());
      }
  });

  test('survives a power cut after that', async () => {
    for (const survival of SURVIVALS)
      for (let at = 0; at < COUNT; at += 2) {
        const { disk, acknowledged } = await run((index) => (index === at ? 'ENOSPC' : 'ok'));
        const { bodies, journal } = must(await tryOpen(disk.crash(survival), LIMITS));
        expect(bodies, `at ${at}`).toEqual(acknowledged);
        must(await journal.close());
      }
  });

  test('stays sealed as long as the disk fails, and says why', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk, LIMITS));
    await keep(journal, 'one');
    disk.plan = () => 'ENOSPC';
    const failed = must(journal.append(bytes('two')));
    expect(refusalOf(await failed.durable).code).toBe('audit-unavailable');
    expect(refusalOf(await journal.reopen()).detail).toContain('ENOSPC');
    expect(refusalOf(journal.append(bytes('three'))).code).toBe('audit-unavailable');
    disk.plan = () => 'ok';
    must(await journal.reopen());
    expect(await keep(journal, 'two again')).toBe(2);
    must(await journal.close());
    expect(must(await tryOpen(disk, LIMITS)).bodies).toEqual(['one', 'two again']);
  });

  test('does nothing when all is well, and refuses once it is closed', async () => {
    const { journal } = must(await tryOpen(new MemoryDisk(), LIMITS));
    must(await journal.reopen());
    must(await journal.close());
    expect(refusalOf(await journal.reopen()).code).toBe('closed');
  });
});

describe('the reserve', () => {
  test('takes its bytes, gives them back, and leaves none behind when there is no room', async () => {
    const disk = new MemoryDisk();
    await fill(disk, ['one']);
    const reserve = new Reserve(disk, DIRECTORY, 200_000);
    must(await reserve.fill());
    expect(disk.contents(`${DIRECTORY}/reserve`).length).toBe(200_000);
    must(await reserve.fill());
    await reserve.release();
    expect(disk.names(DIRECTORY)).not.toContain('reserve');
    const from = disk.log.length;
    disk.plan = (index, name) => (name === 'writev' && index > from + 3 ? 'ENOSPC' : 'ok');
    expect(refusalOf(await reserve.fill()).detail).toContain('ENOSPC');
    expect(disk.names(DIRECTORY)).not.toContain('reserve');
  });
});

describe('the archive', () => {
  const FOLDER = '/elsewhere';

  async function long(): Promise<MemoryDisk> {
    const disk = new MemoryDisk();
    await fill(disk, BODIES, LIMITS);
    return disk;
  }

  async function archiveAll(journal: Journal): Promise<number> {
    for (let count = 0; ; count++) if (!must(await journal.archive(FOLDER))) return count;
  }

  test('takes every segment but the last, and the journal reads as before', async () => {
    const disk = await long();
    const { journal } = must(await tryOpen(disk, LIMITS));
    const before = journal.bytes;
    const count = await archiveAll(journal);
    expect(count).toBeGreaterThan(2);
    expect(journal.bytes).toBeLessThan(before);
    expect(disk.names(DIRECTORY).filter((name) => name.endsWith('.seg')).length).toBe(1);
    expect(journal.readSync(1, BODIES.length)?.map((body) => Buffer.from(body).toString())).toEqual(BODIES);
    const read: string[] = [];
    for await (const entry of journal.read(1)) read.push(Buffer.from(must(entry).body).toString());
    expect(read).toEqual(BODIES);
    await keep(journal, 'more');
    must(await journal.close());
    expect(must(await tryOpen(disk, LIMITS)).bodies).toEqual([...BODIES, 'more']);
  });

  test('loses nothing when the process or the power goes at any operation of it', async () => {
    for (const survival of SURVIVALS)
      for (let at = 0; ; at++) {
        const disk = await long();
        const { journal } = must(await tryOpen(disk, LIMITS));
        const from = disk.log.length;
        disk.plan = (index) => (index === from + at ? 'dead' : 'ok');
        for (let more = true; more; ) {
          const archived = await journal.archive(FOLDER);
          more = archived.ok && archived.value;
        }
        const { bodies, journal: next } = must(await tryOpen(disk.crash(survival), LIMITS));
        expect(bodies, `at ${at}`).toEqual(BODIES);
        await archiveAll(next);
        must(await next.close());
        if (disk.log.length <= from + at) break;
      }
  });

  test('that lost a segment, or has a damaged one, is noticed and named', async () => {
    const disk = await long();
    const { journal } = must(await tryOpen(disk, LIMITS));
    await archiveAll(journal);
    must(await journal.close());
    const [first = ''] = disk.files(FOLDER);
    const packed = disk.contents(first);
    const flipped = Buffer.from(packed);
    flipped[20] = (flipped[20] ?? 0) ^ 4;
    disk.overwrite(first, flipped);
    expect(refusalOf(await scanJournal(disk, DIRECTORY, () => undefined)).detail).toContain(first);
    disk.remove(first);
    expect(refusalOf(await scanJournal(disk, DIRECTORY, () => undefined)).detail).toMatch(/records from 1 on/);
    disk.put(first, packed);
    must(await scanJournal(disk, DIRECTORY, () => undefined));
  });
});
