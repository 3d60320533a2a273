// Models and LoRA jobs in a whole hive under power cuts and kills: what a process was told is there in the next one, a job is one
// publication or the other and never a mixture, the pointer is one model or the other, and nothing leaves outside a window.

import { createHash } from 'node:crypto';
import { createAuthority } from '@cohesix/authority';
import { type Fate, MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import type { Result } from '@cohesix/wire';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { type SimHive, SimWorld, smallManifest } from './sim-hive.ts';

const ROOT = '/queen/export/lora_jobs';
const ACTIVE = '/gpu/models/active';

/** Two publications of one job. Every file of the second differs. */
const EDITIONS = [1, 2].map((edition) => ({
  telemetry: `telemetry of edition ${edition}\n`.repeat(edition * 100),
  base_model: `base-${edition}\n`,
  policy: `edition = ${edition}\n`,
}));
const FILES = { telemetry: 'telemetry.cbor', base_model: 'base_model.ref', policy: 'policy.toml' } as const;

type Edition = (typeof EDITIONS)[number];

const hashed = (text: string): string =>
  `${createHash('sha256').update(text).digest('hex')}:${Buffer.byteLength(text)}`;

/** What somebody was told: publications and activations that were acknowledged, in their order. */
interface Told {
  published: number;
  active: string;
  /** What was asked for last and may hold, too. */
  askedPublication: number;
  askedActive: string;
}

/** The life: two publications of a job, two activations of models. A refusal ends it. */
async function live(hive: SimHive, world: SimWorld, told: Told): Promise<void> {
  for (const [index, edition] of EDITIONS.entries()) {
    if (!(await writeJob(hive, world, edition))) return;
    told.askedPublication = index + 1;
    if ((await hive.write('queen', `${ROOT}/ctl`, publishLine(edition, index + 1))) !== 'ok') return;
    told.published = index + 1;
    const id = `v${index + 1}`;
    const model = { op: 'register', id, base: `base-${index + 1}`, job: 'j', hashes: { adapter: hashed(id) } };
    if ((await hive.write('queen', '/gpu/models/ctl', model)) !== 'ok') return;
    told.askedActive = id;
    if ((await hive.write('queen', ACTIVE, id)) !== 'ok') return;
    told.active = id;
  }
}

function publishLine({ telemetry, base_model, policy }: Edition, edition: number): object {
  const parts = { telemetry: hashed(telemetry), base_model: hashed(base_model), policy: hashed(policy) };
  return { op: 'publish', id: 'j', base: `base-${edition}`, ...parts };
}

async function writeJob(hive: SimHive, world: SimWorld, edition: Edition): Promise<boolean> {
  const session = hive.assembly.attach(world.ticketOf('queen'));
  if (!session.ok) return false;
  for (const part of ['telemetry', 'base_model', 'policy'] as const) {
    const file = await session.value.openStored(`${ROOT}/j/${FILES[part]}`, 'write');
    if (!file.ok) return false;
    const results: Result<void>[] = [
      await file.value.append({ offset: 0, bytes: Buffer.from(edition[part]) }),
      await file.value.close(),
    ];
    if (results.some((result) => !result.ok)) return false;
  }
  await session.value.close();
  return true;
}

/** A life that ends where the plan lets it end. */
async function run(plan: Plan): Promise<{ readonly disk: MemoryDisk; readonly world: SimWorld; readonly told: Told }> {
  const world = new SimWorld(1, smallManifest(), '/data');
  const disk = new MemoryDisk();
  const told: Told = { published: 0, active: '', askedPublication: 0, askedActive: '' };
  disk.plan = plan;
  const started = await world.start(disk);
  if (!started.ok) return { disk, world, told };
  const hive = started.value;
  const booted = await hive.boot();
  if (booted.ok) await world.until(live(hive, world, told));
  hive.kill();
  return { disk, world, told };
}

/** What the next process finds. */
async function expectRight(disk: MemoryDisk, world: SimWorld, told: Told): Promise<void> {
  const started = await world.start(disk);
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  expect(await hive.boot()).toEqual({ ok: true, value: undefined });
  const read = (path: string): Promise<string> => world.until(hive.read(path));
  const write = (path: string, line: object): Promise<string> => world.until(hive.write('queen', path, line));
  const pointer = (await read(ACTIVE)).trim();
  expect([told.active, told.askedActive]).toContain(pointer);
  expect(createAuthority(world.manifest).invariants(hive.assembly.ledger.shown)).toEqual([]);
  const [row = ''] = (await read('/proc/lora_jobs')).split('\n');
  const edition = Number(/ base=base-(\d)/.exec(row)?.[1] ?? 0);
  expect([told.published, told.askedPublication]).toContain(edition);
  const shut = edition === 0 ? 'not-found' : 'denied';
  for (const file of Object.values(FILES)) expect(await read(`${ROOT}/j/${file}`)).toBe(shut);
  expect(await write('/queen/export/ctl', { op: 'open', id: 'j', ttl_s: 60 })).toBe('ok');
  const wanted = EDITIONS[edition - 1];
  for (const part of ['telemetry', 'base_model', 'policy'] as const)
    expect(await read(`${ROOT}/j/${FILES[part]}`)).toBe(wanted?.[part] ?? 'not-found');
  await hive.stop();
}

const whole = await run(() => 'ok');

test('the life publishes twice, activates twice, and all of it is there afterwards', async () => {
  expect(whole.told).toEqual({ published: 2, active: 'v2', askedPublication: 2, askedActive: 'v2' });
  const own = whole.disk.paths.filter((path) => path.includes('/lora_jobs/'));
  expect(own.length).toBeGreaterThan(20);
  await expectRight(whole.disk.crash({ kind: 'none' }), whole.world, whole.told);
});

/** Undefined: the page cache survives, as after a kill. */
const OUTAGES: readonly (((random: () => number) => Survival) | undefined)[] = [
  undefined,
  () => ({ kind: 'all' }),
  () => ({ kind: 'none' }),
  (random) => ({ kind: 'some', random, sectorBytes: 512 }),
];

const FATES: readonly Fate[] = ['dead', { deadAfter: 1 }, 'EIO'];

test(`each of ${whole.disk.log.length} operations, ${FATES.length} fates, an outage in turn`, {
  timeout: 0,
}, async () => {
  for (const [at, name] of whole.disk.log.entries()) {
    for (const [turn, fate] of FATES.entries()) {
      if (typeof fate === 'object' && name !== 'writev') continue;
      const random = new Random(at, 'models');
      const outage = OUTAGES[(at + turn) % OUTAGES.length];
      const { disk, world, told } = await run((index) => (index === at ? fate : 'ok'));
      const next = outage === undefined ? disk.fork() : disk.crash(outage(() => random.below(1_000_000) / 1_000_000));
      await expectRight(next, world, told).catch((error: unknown) => {
        throw new Error(`operation ${at} (${name}), ${JSON.stringify(fate)}: ${error}`, { cause: error });
      });
    }
  }
});
