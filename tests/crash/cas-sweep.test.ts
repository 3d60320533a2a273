// Updates and models in a whole hive under power cuts, kills and failing disks, through the very files that clients write: what a
// process was told is whole is whole in the next one, byte for byte; journal and store agree again; and the rest can be done.

import { createHash } from 'node:crypto';
import { createAuthority } from '@cohesix/authority';
import { encodeManifest, pack, signManifest } from '@cohesix/cas';
import { type Fate, MemoryDisk, type Plan, type Survival } from '@cohesix/journal/memory-disk';
import type { Manifest } from '@cohesix/manifest';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { type SimHive, SimWorld, smallManifest } from './sim-hive.ts';

const CHUNK_BYTES = 64;
const SEED = new Uint8Array(32).fill(9);
const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };
const bytesOf = (count: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => (index * 31 + (index >> 3) * 7 + seed * 101) & 0xff);
const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const FIRST = bytesOf(150, 1);
const LONGER = Uint8Array.from([...FIRST, ...bytesOf(70, 2)]);
const WEIGHTS = bytesOf(130, 3);
const MODEL = hexOf(WEIGHTS);

interface MadeUpdate {
  readonly epoch: string;
  readonly payload: Uint8Array;
  readonly manifest: Uint8Array;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

async function updateOf(
  epoch: string,
  payload: Uint8Array,
  base?: { readonly epoch: string; readonly payload: Uint8Array },
): Promise<MadeUpdate> {
  const chunks = new Map<string, Uint8Array>();
  const payloadSha256 = createHash('sha256')
    .update(base?.payload ?? '')
    .digest();
  const on = base && { epoch: base.epoch, payloadBytes: base.payload.length, payloadSha256 };
  async function* open(): AsyncIterable<Uint8Array> {
    yield payload;
  }
  const packed = await pack(
    { crypto, open, epoch, chunkBytes: CHUNK_BYTES, chunksMax: 100, ...(on === undefined ? {} : { base: on }) },
    async ({ name, bytes }) => {
      chunks.set(name, bytes.slice());
      return { ok: true, value: undefined };
    },
  );
  if (!packed.ok) throw new Error(packed.refusal.detail);
  return { epoch, payload, manifest: encodeManifest(signManifest(crypto, SEED, packed.value.manifest)), chunks };
}

const UPDATES = [await updateOf('1', FIRST), await updateOf('2', LONGER, { epoch: '1', payload: FIRST })];

function manifestOf(): Manifest {
  const manifest = smallManifest();
  const keys = [Buffer.from(ed25519PublicKey(SEED)).toString('hex')];
  return { ...manifest, cas: { ...manifest.cas, chunk_bytes: CHUNK_BYTES, signing: { required: true, keys } } };
}

/** What somebody was told. */
interface Told {
  readonly whole: Set<string>;
  active: string;
  asked: string;
}

/** Pushes what is missing, in order; a refusal ends it. True when all is done. */
async function live(hive: SimHive, world: SimWorld, told: Told): Promise<boolean> {
  for (const update of UPDATES) {
    if (!(await pushUpdate(hive, world, update))) return false;
    told.whole.add(update.epoch);
    const active = /^active epoch=(\S+)/.exec(await hive.read('/updates/active'))?.[1];
    if (active === update.epoch || active === '2') continue;
    told.asked = update.epoch;
    if ((await hive.write('queen', '/updates/ctl', { op: 'activate', epoch: update.epoch })) !== 'ok') return false;
    told.active = update.epoch;
  }
  if (!(await pushModel(hive, world))) return false;
  told.whole.add('model');
  return true;
}

async function pushUpdate(hive: SimHive, world: SimWorld, { epoch, manifest, chunks }: MadeUpdate): Promise<boolean> {
  const folder = `/updates/${epoch}`;
  const isTaken = /^manifest_bytes=[1-9]/m.test(await hive.read(`${folder}/status`));
  if (!isTaken && !(await write(hive, world, { path: `${folder}/manifest.cbor`, bytes: manifest, from: 0 })))
    return false;
  for (const line of (await hive.read(`${folder}/missing`)).split('\n').filter((text) => text !== '')) {
    const [, name = '', next = ''] = /^chunk=(\S+) next=(\d+) /.exec(line) ?? [];
    const bytes = chunks.get(name) ?? new Uint8Array(0);
    if (!(await write(hive, world, { path: `${folder}/chunks/${name}`, bytes, from: Number(next) }))) return false;
  }
  return (await hive.read(`${folder}/status`)).includes('state=ready');
}

async function pushModel(hive: SimHive, world: SimWorld): Promise<boolean> {
  const folder = `/models/${MODEL}`;
  const isSealed = async (): Promise<boolean> => (await hive.read('/proc/cas/models')).includes(`model=${MODEL}`);
  if (await isSealed()) return true;
  const session = hive.assembly.attach(world.ticketOf('queen'));
  const there = session.ok ? await session.value.stat(`${folder}/weights`) : undefined;
  const from = there?.ok ? Number(there.value.size) : 0;
  if (from < WEIGHTS.length && !(await write(hive, world, { path: `${folder}/weights`, bytes: WEIGHTS, from })))
    return false;
  for (const part of ['schema', 'signature'])
    await write(hive, world, { path: `${folder}/${part}`, bytes: Uint8Array.of(1), from: 0 });
  return isSealed();
}

interface Write {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly from: number;
}

/** Writes in pieces of 40 at offsets, as a client over 9P does. */
async function write(hive: SimHive, world: SimWorld, { path, bytes, from }: Write): Promise<boolean> {
  const session = hive.assembly.attach(world.ticketOf('queen'));
  if (!session.ok) return false;
  const file = await session.value.openStored(path, 'write');
  if (!file.ok) return false;
  let isKept = true;
  for (let at = from; at < bytes.length && isKept; at += 40)
    isKept = (await file.value.append({ offset: at, bytes: bytes.subarray(at, at + 40) })).ok;
  const closed = await file.value.close();
  await session.value.close();
  return isKept && closed.ok;
}

/** A life that ends where the plan lets it end. */
async function run(plan: Plan): Promise<{ readonly disk: MemoryDisk; readonly world: SimWorld; readonly told: Told }> {
  const world = new SimWorld(1, manifestOf(), '/data');
  const disk = new MemoryDisk();
  const told: Told = { whole: new Set(), active: 'none', asked: 'none' };
  disk.plan = plan;
  const started = await world.start(disk);
  if (!started.ok) return { disk, world, told };
  const hive = started.value;
  const booted = await hive.boot();
  if (booted.ok) await world.until(live(hive, world, told));
  hive.kill();
  return { disk, world, told };
}

/** What the next process finds, and that it can do the rest. */
async function expectRight(disk: MemoryDisk, world: SimWorld, told: Told): Promise<void> {
  const started = await world.start(disk);
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  expect(await hive.boot()).toEqual({ ok: true, value: undefined });
  // What the journal missed of the store is told now.
  await world.pass(1000);
  await expectWhole(hive, world, told);
  const active = /^active epoch=(\S+)/.exec(await world.until(hive.read('/updates/active')))?.[1];
  expect([told.active, told.asked]).toContain(active);
  expect(createAuthority(world.manifest).invariants(hive.assembly.ledger.shown)).toEqual([]);
  const rest: Told = { whole: new Set(), active: 'none', asked: 'none' };
  expect(await world.until(live(hive, world, rest))).toBe(true);
  await expectWhole(hive, world, rest);
  expect(await world.until(hive.read('/updates/active'))).toMatch(/^active epoch=2 /);
  await hive.stop();
}

/** All that was told is whole, here and in the journal, and nothing is whole with other bytes. */
async function expectWhole(hive: SimHive, world: SimWorld, { whole }: Told): Promise<void> {
  const read = (path: string): Promise<string> => world.until(hive.read(path));
  const listed = await read('/proc/cas/updates');
  for (const { epoch, payload } of UPDATES) {
    const isReady = (await read(`/updates/${epoch}/status`)).includes('state=ready');
    if (whole.has(epoch)) expect(isReady, `update ${epoch}`).toBe(true);
    expect(new RegExp(`^epoch=${epoch} state=(ready|active) `, 'm').test(listed), listed).toBe(isReady);
    if (isReady) expect(await bytesAt(hive, world, `/updates/${epoch}/payload`)).toEqual(Buffer.from(payload));
  }
  const isSealed = (await read('/proc/cas/models')).includes(MODEL);
  if (whole.has('model')) expect(isSealed).toBe(true);
  if (isSealed) expect(await bytesAt(hive, world, `/models/${MODEL}/weights`)).toEqual(Buffer.from(WEIGHTS));
}

async function bytesAt(hive: SimHive, world: SimWorld, path: string): Promise<Buffer | string> {
  const session = hive.assembly.attach(world.ticketOf('queen'));
  if (!session.ok) return session.refusal.code;
  const read = await world.until(session.value.read(path, 4096));
  await session.value.close();
  return read.ok ? Buffer.from(read.value) : read.refusal.code;
}

const whole = await run(() => 'ok');

test('the life pushes an update, a delta and a model, and all of it is there afterwards', async () => {
  expect([...whole.told.whole]).toEqual(['1', '2', 'model']);
  expect(whole.told.active).toBe('2');
  expect(whole.disk.paths.filter((path) => path.includes('/cas/')).length).toBeGreaterThan(40);
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
      const random = new Random(at, 'cas');
      const outage = OUTAGES[(at + turn) % OUTAGES.length];
      const { disk, world, told } = await run((index) => (index === at ? fate : 'ok'));
      const next = outage === undefined ? disk.fork() : disk.crash(outage(() => random.below(1_000_000) / 1_000_000));
      await expectRight(next, world, told).catch((error: unknown) => {
        throw new Error(`operation ${at} (${name}), ${JSON.stringify(fate)}: ${error}`, { cause: error });
      });
    }
  }
});

/** Cuts drawn from a seed: where, how much of that write, and what of the page cache survives. */
const CUTS = Number(process.env.COHESIX_CRASH_POINTS ?? 40);
const FIRST_CUT = Number(process.env.COHESIX_SEED ?? 1);

test(`${CUTS} cuts from seed ${FIRST_CUT} on`, { timeout: 0 }, async () => {
  for (let seed = FIRST_CUT; seed < FIRST_CUT + CUTS; seed++) {
    const random = new Random(seed, 'cas cuts');
    const at = random.below(whole.disk.log.length);
    const isWrite = whole.disk.log[at] === 'writev';
    const fate: Fate = isWrite ? { deadAfter: random.below(256) } : random.pick(['dead', 'EIO'] as const);
    const { disk, world, told } = await run((index) => (index === at ? fate : 'ok'));
    const sectorBytes = random.pick([1, 512, 4096]);
    const next = disk.crash({ kind: 'some', random: () => random.below(1_000_000) / 1_000_000, sectorBytes });
    await expectRight(next, world, told).catch((error: unknown) => {
      throw new Error(`COHESIX_SEED=${seed}: operation ${at}, ${JSON.stringify(fate)}: ${error}`, { cause: error });
    });
  }
});
