// A whole hive that takes telemetry, evicts for names and for bytes, and dies at an operation of its disk. Between the journal, which
// says which segments there are, and their files: what was answered is in the segment, or the segment made room, as the
// journal says; nothing is there in part; no file is left of what made room. `COHESIX_CRASH_POINTS` says how many points.

import type { MemoryDisk, Plan, Survival } from '@cohesix/journal/memory-disk';
import { MemoryDisk as Disk } from '@cohesix/journal/memory-disk';
import type { Manifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { type SimHive, SimWorld, smallManifest } from './sim-hive.ts';

const POINTS = Number(process.env.COHESIX_CRASH_POINTS ?? 60);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const AT = '/queen/telemetry/cam-1';

/** Three segments of at most 300 bytes, 500 together: every third append makes something go. */
function tightManifest(): Manifest {
  const manifest = smallManifest();
  const tight = {
    max_segments_per_device: 3,
    max_bytes_per_segment: 300,
    max_total_bytes_per_device: 500,
    max_record_bytes: 128,
  };
  return { ...manifest, telemetry_ingest: { ...manifest.telemetry_ingest, ...tight } };
}

/** What was written: the segment's number, the record, what was answered. */
interface Sent {
  readonly segment: number;
  readonly text: string;
  answer: 'ok' | 'refused' | 'open';
}

interface Life {
  readonly world: SimWorld;
  readonly disk: MemoryDisk;
  readonly sent: Sent[];
  /** Segments whose beginning was answered. */
  begun: number;
}

const SEGMENTS = 5;
const RECORDS_EACH = 4;

async function lived(plan: Plan): Promise<Life> {
  const life: Life = { world: new SimWorld(1, tightManifest(), '/data'), disk: new Disk(), sent: [], begun: 0 };
  life.disk.plan = plan;
  const hive = await started(life.world, life.disk);
  if (hive !== undefined) await live(life, hive);
  return life;
}

async function started(world: SimWorld, disk: MemoryDisk): Promise<SimHive | undefined> {
  const hive = await world.start(disk);
  if (!hive.ok) return undefined;
  return (await hive.value.boot()).ok ? hive.value : undefined;
}

async function live(life: Life, hive: SimHive): Promise<void> {
  const { world, disk } = life;
  const write = (path: string, line: object | string): Promise<string> => world.until(hive.write('queen', path, line));
  for (let segment = life.begun + 1; segment <= SEGMENTS; segment++) {
    if (disk.isDead) return hive.kill();
    const begun = await write(`${AT}/ctl`, { new: 'segment' });
    if (begun !== 'ok' || disk.isDead) return hive.kill();
    life.begun = segment;
    const under = Array.from({ length: RECORDS_EACH }, async (_, index) => {
      const one: Sent = { segment, text: `record ${segment}.${index} ${'x'.repeat(50)}`, answer: 'open' };
      life.sent.push(one);
      const code = await hive.write('queen', `${AT}/seg/seg-00000${segment}`, one.text);
      if (code === 'ok') one.answer = 'ok';
      else if (!disk.isDead) one.answer = 'refused';
    });
    await world.until(Promise.all(under));
  }
  if (!disk.isDead) await hive.stop();
}

/** What a fresh process finds must be what was answered, and it goes on. */
async function expectSurvival({ world, sent, begun }: Life, disk: MemoryDisk, where: string): Promise<void> {
  world.wall.jump(60_000);
  const hive = await started(world, disk);
  if (hive === undefined) throw new Error(`${where}: the hive does not start`);
  const read = (path: string): Promise<string> => world.until(hive.read(path));
  const status = await read(`${AT}/status`);
  const kept = [...status.matchAll(/^segment id=seg-0*(\d+) kind=(\w+) bytes=(\d+)/gm)];
  const numbers = kept.map(([, number]) => Number(number));
  const evicted = Number(/ evicted=(\d+)/.exec(status)?.[1]);
  expect(
    numbers.length + evicted,
    `${where}: every segment that was begun is there or made room`,
  ).toBeGreaterThanOrEqual(begun);
  for (const [, number, kind, bytes] of kept) {
    expect(kind, where).not.toBe('damaged');
    const text = await read(`${AT}/seg/seg-00000${number}`);
    expect(text.length, where).toBe(Number(bytes));
    const found = text.split('\n').slice(0, -1);
    const own = sent.filter(({ segment }) => segment === Number(number));
    expect(found, where).toEqual(own.map((one) => one.text).filter((one) => found.includes(one)));
    for (const { text: one, answer } of own) {
      if (answer === 'ok') expect(found, `${where}: was answered`).toContain(one);
      if (answer === 'refused') expect(found, `${where}: was refused`).not.toContain(one);
    }
  }
  await world.pass(1000);
  const files = disk.names('/data/segments').map((name) => Number(/seg-0*(\d+)$/.exec(name)?.[1]));
  expect(
    files.filter((number) => !numbers.includes(number)),
    `${where}: no file of what is gone`,
  ).toEqual([]);
  expect(await world.until(hive.write('queen', `${AT}/ctl`, { new: 'segment' })), where).toBe('ok');
  const latest = (await read(`${AT}/latest`)).trim();
  expect(Number(latest.slice(4)), `${where}: no name twice`).toBeGreaterThan(Math.max(begun, ...numbers));
  expect(await world.until(hive.write('queen', `${AT}/seg/${latest}`, 'and on')), where).toBe('ok');
  expect(await read(`${AT}/seg/${latest}`), where).toBe('and on\n');
  await hive.stop();
}

const whole = await lived(() => 'ok');
const COUNT = whole.disk.log.length;

test('the life without a fault evicts for names and for bytes', async () => {
  expect(whole.begun).toBe(SEGMENTS);
  expect(whole.sent.filter(({ answer }) => answer === 'ok').length).toBeGreaterThan(12);
  expect(whole.disk.log.filter((name) => name === 'unlink').length).toBeGreaterThan(2);
  await expectSurvival(whole, whole.disk.crash({ kind: 'none' }), 'whole');
});

test(`a process that dies, at ${POINTS} points, seed ${SEED}`, { timeout: 0 }, async () => {
  const random = new Random(SEED, 'telemetry');
  const fraction = (): number => random.below(1_000_000) / 1_000_000;
  const first = whole.disk.paths.findIndex((path) => path.startsWith('/data/segments/'));
  for (let point = 0; point < POINTS; point++) {
    // Where segments are begun, written and evicted.
    const at = first - 10 + random.below(COUNT - first + 10);
    const bytes = random.below(300);
    const isTorn = whole.disk.log[at] === 'writev' && random.below(2) === 0;
    const life = await lived((index) => (index === at ? (isTorn ? { deadAfter: bytes } : 'dead') : 'ok'));
    const survivals: readonly Survival[] = [{ kind: 'none' }, { kind: 'some', random: fraction }, { kind: 'all' }];
    const survival = survivals[random.below(4)];
    const disk = survival === undefined ? life.disk.fork() : life.disk.crash(survival);
    const how = survival?.kind ?? 'kill';
    await expectSurvival(life, disk, `operation ${at} ${whole.disk.log[at]} ${whole.disk.paths[at]}, ${how}`);
  }
});
