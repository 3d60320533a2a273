// A power cut, a kill, a failing disk at every operation of a life of two segments. What was answered is there, what was refused is
// not, and what got no answer is there whole or not at all: never half a record. `COHESIX_CRASH_POINTS` says how many random
// points follow those of the sweep, `COHESIX_SEED` which.

import { MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import { EMPTY_SEGMENT, type SegmentLimits } from '@cohesix/telemetry';
import { refuse } from '@cohesix/wire';
import { expect, test } from 'vitest';
import { SegmentLog } from '../../src/segments/log.ts';

const POINTS = Number(process.env.COHESIX_CRASH_POINTS ?? 200);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);

const LIMITS: SegmentLimits = {
  max_bytes_per_segment: 100_000,
  max_record_bytes: 4096,
  max_reference_entries_per_segment: 1024,
  max_reference_manifest_bytes_per_segment: 100_000,
  max_reference_bytes_per_segment: 2 ** 40,
};
const DIRECTORY = '/segments';
const NAMES = ['7.cam-1.seg-000001', '9.cam-1.seg-000002'] as const;

/** Records of both segments in the order of the life: index of the segment, text. Long ones reach over pages. */
const RECORDS: readonly (readonly [segment: 0 | 1, text: string])[] = [
  [0, 'a'],
  [0, 'b'.repeat(3000)],
  [0, 'c'.repeat(3000)],
  [1, 'd'.repeat(40)],
  [0, 'e'],
  [1, 'f'.repeat(2000)],
  [1, 'g'],
];

/** What became of a record: durable, refused, or the process died before it knew. */
type Fate = 'kept' | 'refused' | 'unknown';

interface Life {
  readonly disk: MemoryDisk;
  readonly fates: Map<string, Fate>;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function logsOn(disk: MemoryDisk): Promise<SegmentLog[]> {
  const recovered = NAMES.map((name) =>
    SegmentLog.recover({ disk, directory: DIRECTORY, name, entry: Number.parseInt(name, 10) }),
  );
  return Promise.all(recovered);
}

/** Appends what is not there yet: records of one segment two at a time, so that batches have several. */
async function live({ disk, fates }: Life): Promise<void> {
  const logs = await logsOn(disk);
  const under: Promise<void>[] = [];
  for (const [index, [segment, text]] of RECORDS.entries()) {
    if (fates.get(text) !== undefined) continue;
    const bytes = new TextEncoder().encode(`${text}\n`);
    const log = logs[segment];
    const content = log?.check(bytes, LIMITS);
    if (log === undefined || content?.ok !== true) continue;
    under.push(
      log.append(bytes, content.value).then((result) => {
        fates.set(text, result.ok ? 'kept' : disk.isDead ? 'unknown' : 'refused');
      }),
    );
    if (index % 2 === 1) await Promise.all(under.splice(0));
  }
  await Promise.all(under);
}

async function lived(plan: Plan): Promise<Life> {
  const disk = new MemoryDisk();
  await disk.mkdir(DIRECTORY);
  disk.plan = plan;
  const life: Life = { disk, fates: new Map() };
  await live(life);
  return life;
}

async function recordsOf(log: SegmentLog): Promise<string[]> {
  const read = await log.read(0, 100_000);
  if (!read.ok) throw new Error(read.refusal.detail);
  const text = Buffer.from(read.value).toString();
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text.split('\n').slice(0, -1);
}

/** What a fresh process finds: whole records in their order, all that were kept, none that was refused. */
async function expectSurvival(disk: MemoryDisk, fates: Life['fates'], where: string): Promise<void> {
  const logs = await logsOn(disk);
  for (const [segment, log] of logs.entries()) {
    const found = await recordsOf(log);
    const own = RECORDS.filter(([of]) => of === segment).map(([, text]) => text);
    expect(found, where).toEqual(own.filter((text) => found.includes(text)));
    for (const text of own) {
      const fate = fates.get(text);
      if (fate === 'kept') expect(found.includes(text), `${where}: ${text.slice(0, 3)} was answered`).toBe(true);
      if (fate === 'refused') expect(found.includes(text), `${where}: ${text.slice(0, 3)} was refused`).toBe(false);
    }
    expect(log.content.bytes, where).toBe(found.reduce((sum, text) => sum + text.length + 1, 0));
  }
}

/** A fresh process appends the rest, and all of it is there after another cut. */
async function expectGoesOn(disk: MemoryDisk, where: string): Promise<void> {
  const found = new Set<string>();
  for (const log of await logsOn(disk)) for (const text of await recordsOf(log)) found.add(text);
  const life: Life = { disk, fates: new Map([...found].map((text) => [text, 'kept' as const])) };
  await live(life);
  expect([...life.fates.values()].every((fate) => fate === 'kept') && life.fates.size === RECORDS.length, where).toBe(
    true,
  );
  const logs = await logsOn(disk.crash({ kind: 'none' }));
  const after = await Promise.all(logs.map(recordsOf));
  expect(after.flat().sort(), where).toEqual(RECORDS.map(([, text]) => text).sort());
}

const whole = await lived(() => 'ok');
const COUNT = whole.disk.log.length;
const SURVIVALS: (readonly [string, () => Survival])[] = [
  ['everything', () => ({ kind: 'all' })],
  ['nothing', () => ({ kind: 'none' })],
];
for (const seed of [1, 2, 3]) {
  SURVIVALS.push([`some, seed ${seed}`, () => ({ kind: 'some', random: randomOf(seed) })]);
  SURVIVALS.push([`sectors, seed ${seed}`, () => ({ kind: 'some', random: randomOf(seed), sectorBytes: 512 })]);
}

test('the life without a fault', async () => {
  expect([...whole.fates.values()]).toEqual(RECORDS.map(() => 'kept'));
  expect(COUNT).toBeGreaterThan(30);
  await expectSurvival(whole.disk.crash({ kind: 'none' }), whole.fates, 'whole');
});

test('appends that come together share a sync', async () => {
  const disk = new MemoryDisk();
  await disk.mkdir(DIRECTORY);
  const log = new SegmentLog({ disk, directory: DIRECTORY, name: NAMES[0], entry: 7 });
  const appended = Array.from({ length: 100 }, (_, index) => {
    const bytes = new TextEncoder().encode(`${index}\n`);
    const content = log.check(bytes, LIMITS);
    return content.ok ? log.append(bytes, content.value) : content;
  });
  expect((await Promise.all(appended)).every(({ ok }) => ok)).toBe(true);
  expect(await recordsOf(log)).toHaveLength(100);
  // One makes the file, one is for all of them.
  expect(disk.log.filter((name) => name === 'datasync')).toHaveLength(2);
});

test.each(SURVIVALS)('power cut at every operation, %s unsynced survives', async (_, survival) => {
  for (let at = 0; at < COUNT; at++) {
    const { disk, fates } = await lived((index) => (index === at ? 'dead' : 'ok'));
    const after = disk.crash(survival());
    await expectSurvival(after, fates, `operation ${at}, ${whole.disk.log[at]}`);
    await expectGoesOn(after, `operation ${at}, ${whole.disk.log[at]}`);
  }
});

test('power cut in the middle of every write', async () => {
  for (let at = 0; at < COUNT; at++) {
    if (whole.disk.log[at] !== 'writev') continue;
    for (const deadAfter of [0, 1, 20, 39, 512, 4096]) {
      const { disk, fates } = await lived((index) => (index === at ? { deadAfter } : 'ok'));
      const after = disk.crash({ kind: 'all' });
      await expectSurvival(after, fates, `write ${at} after ${deadAfter}`);
      await expectGoesOn(after, `write ${at} after ${deadAfter}`);
    }
  }
});

test('kill at every operation: what the next process shows, a power cut does not take away', async () => {
  for (let at = 0; at < COUNT; at++) {
    const { disk } = await lived((index) => (index === at ? 'dead' : 'ok'));
    const next = disk.fork();
    const shown = await Promise.all((await logsOn(next)).map(recordsOf));
    const after = await Promise.all((await logsOn(next.crash({ kind: 'none' }))).map(recordsOf));
    expect(after, `operation ${at}, ${whole.disk.log[at]}`).toEqual(shown);
  }
});

test.each(['EIO', 'ENOSPC', 'EDQUOT', 'EROFS'] as const)(
  '%s once at every operation: refused, gone, and it works again',
  async (fate) => {
    for (let at = 0; at < COUNT; at++) {
      const { disk, fates } = await lived((index) => (index === at ? fate : 'ok'));
      const where = `operation ${at}, ${whole.disk.log[at]}`;
      await expectSurvival(disk.fork(), fates, where);
      const after = disk.crash({ kind: 'none' });
      await expectSurvival(after, fates, where);
      await expectGoesOn(after, where);
    }
  },
);

test('a sync that fails and forgets its pages: nothing answered is lost', async () => {
  for (let at = 0; at < COUNT; at++) {
    if (whole.disk.log[at] !== 'datasync') continue;
    const { disk, fates } = await lived((index) => (index === at ? 'lost' : 'ok'));
    await expectSurvival(disk.crash({ kind: 'none' }), fates, `sync ${at}`);
  }
});

test('short writes change nothing', async () => {
  for (let at = 0; at < COUNT; at++) {
    const { disk, fates } = await lived((index) => (index === at ? 'short' : 'ok'));
    expect([...fates.values()]).toEqual(RECORDS.map(() => 'kept'));
    await expectSurvival(disk.crash({ kind: 'none' }), fates, `operation ${at}`);
  }
});

test('a full disk refuses and keeps what it has; with room again it goes on', async () => {
  for (let capacity = 0; capacity < 30_000; capacity += 1500) {
    const disk = new MemoryDisk();
    await disk.mkdir(DIRECTORY);
    disk.capacity = capacity;
    const life: Life = { disk, fates: new Map() };
    await live(life);
    await expectSurvival(disk.crash({ kind: 'none' }), life.fates, `capacity ${capacity}`);
    disk.capacity = undefined;
    await expectGoesOn(disk.fork(), `capacity ${capacity}`);
  }
});

test('every flipped bit of records or of both slots is noticed: damaged, or as it was before', async () => {
  const { disk, fates } = whole;
  const path = `${DIRECTORY}/${NAMES[0]}`;
  const size = disk.contents(path).length;
  let damaged = 0;
  for (let bit = 0; bit < size * 8; bit += 997) {
    const rotten = disk.crash({ kind: 'none' });
    rotten.flip(path, bit);
    const [log] = await logsOn(rotten);
    if (log?.isLost === true) damaged += 1;
    else for (const text of await recordsOf(log as SegmentLog)) expect(fates.get(text), `bit ${bit}`).toBe('kept');
  }
  expect(damaged).toBeGreaterThan(20);
});

test(`${POINTS} random points, seed ${SEED}`, { timeout: 0 }, async () => {
  const random = randomOf(SEED);
  for (let point = 0; point < POINTS; point++) {
    const at = Math.floor(random() * COUNT);
    const deadAfter = Math.floor(random() * 5000);
    const isWrite = whole.disk.log[at] === 'writev';
    const { disk, fates } = await lived((index) => (index === at ? (isWrite ? { deadAfter } : 'dead') : 'ok'));
    const sectorBytes = random() < 0.5 ? {} : { sectorBytes: 512 };
    const after = disk.crash({ kind: 'some', random, ...sectorBytes });
    // A second process dies in what it does about that.
    const second = Math.floor(random() * 25);
    const again = after.fork();
    again.plan = (index) => (index === second ? 'dead' : 'ok');
    const found = await logsOn(after.fork());
    const known = new Map(fates);
    for (const log of found) for (const text of await recordsOf(log)) known.set(text, 'kept');
    for (const [text, fate] of known) if (fate === 'unknown') known.delete(text);
    const next: Life = { disk: again, fates: known };
    await live(next);
    const where = `COHESIX_SEED=${SEED} point ${point}: operation ${at}, second ${second}`;
    await expectSurvival(again.crash({ kind: 'some', random, ...sectorBytes }), fates, where);
  }
});

test('power cut at every operation of a removal: there or gone, and gone for good at the next try', async () => {
  for (let at = 0; ; at++) {
    const disk = whole.disk.crash({ kind: 'none' });
    const [first, second] = await logsOn(disk);
    const from = disk.log.length;
    disk.plan = (index) => (index === from + at ? 'dead' : 'ok');
    const isTold = (await first?.remove(refuse('not-found', 'gone')))?.ok === true;
    const isEnd = disk.log.length < from + at;
    const after = disk.crash({ kind: 'some', random: randomOf(at + 1) });
    if (isTold) expect(after.names(DIRECTORY), `operation ${at}`).toEqual([NAMES[1]]);
    const [again] = await logsOn(after);
    if (!isTold && after.names(DIRECTORY).length === 2) expect(again?.isLost).toBe(false);
    expect((await again?.remove(refuse('not-found', 'gone')))?.ok).toBe(true);
    expect(after.names(DIRECTORY)).toEqual([NAMES[1]]);
    expect(second?.content.records).toBe(3);
    if (isEnd) break;
  }
});

test('any bytes in place of a file: empty or damaged, and never an accident', async () => {
  const random = randomOf(SEED);
  for (const size of [0, 1, 39, 40, 41, 4095, 4096, 4136, 8191, 8192, 8193, 20_000]) {
    for (const fill of [() => 0, () => 255, () => Math.floor(random() * 256)]) {
      const disk = new MemoryDisk();
      await disk.mkdir(DIRECTORY);
      disk.put(`${DIRECTORY}/${NAMES[0]}`, Uint8Array.from({ length: size }, fill));
      const [log] = await logsOn(disk);
      expect([size, log?.content]).toEqual([size, EMPTY_SEGMENT]);
      expect([size, log?.isLost]).toEqual([size, size > 40]);
    }
  }
});

test('the slots of another segment are not taken for its own', async () => {
  const disk = whole.disk.crash({ kind: 'none' });
  disk.overwrite(`${DIRECTORY}/${NAMES[1]}`, disk.contents(`${DIRECTORY}/${NAMES[0]}`));
  const [, second] = await logsOn(disk);
  expect(second?.isLost).toBe(true);
});

test('a segment without a file is empty', () => {
  const place = { disk: new MemoryDisk(), directory: DIRECTORY, name: NAMES[0], entry: 7 };
  expect(new SegmentLog(place).content).toEqual(EMPTY_SEGMENT);
});
