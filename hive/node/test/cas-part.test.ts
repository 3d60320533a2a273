// Updates and models in a running hive: bytes over 9P, connections that are cut, wrong bytes and keys, orders of the operator, a disk
// that went bad, a start after a stop.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeManifest, pack, signManifest } from '@cohesix/cas';
import type { HiveClient } from '@cohesix/client';
import type { Manifest } from '@cohesix/manifest';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import { decode } from 'cborg';
import { describe, expect, it, vi } from 'vitest';
import { casSeed } from '../src/cas/key.ts';
import type { Hive } from '../src/hive.ts';
import { codeOf, guestOf, textFrom, ticketOf } from './clients.ts';
import { placeForEach, queenOf, startQuiet, textOf } from './fixture.ts';

const place = placeForEach();

const CHUNK_BYTES = 20_000;
const SEED = new Uint8Array(32).fill(9);
const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };
const KEY = Buffer.from(ed25519PublicKey(SEED)).toString('hex');

function withCas(change: Partial<Manifest['cas']> = {}): (manifest: Manifest) => Manifest {
  const signing = { required: true, keys: [KEY] };
  return (manifest) => ({ ...manifest, cas: { ...manifest.cas, chunk_bytes: CHUNK_BYTES, signing, ...change } });
}

const bytesOf = (count: number, seed = 1): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, index) => (index * 31 + (index >> 8) * 7 + seed * 101) & 0xff));
const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

interface MadeUpdate {
  readonly epoch: string;
  readonly payload: Buffer;
  readonly manifest: Uint8Array;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

async function updateOf(payload: Buffer, epoch = '1', seed: Uint8Array = SEED): Promise<MadeUpdate> {
  const chunks = new Map<string, Uint8Array>();
  const options = { crypto, open: () => once(payload), epoch, chunkBytes: CHUNK_BYTES, chunksMax: 100 };
  const packed = await pack(options, async ({ name, bytes }) => {
    chunks.set(name, bytes.slice());
    return { ok: true, value: undefined };
  });
  if (!packed.ok) throw new Error(packed.refusal.detail);
  return { epoch, payload, manifest: encodeManifest(signManifest(crypto, seed, packed.value.manifest)), chunks };
}

/** Pushes the manifest and what is missing; the first code that is not `ok`, else `ok`. */
async function push(client: HiveClient, { epoch, manifest, chunks }: MadeUpdate): Promise<string> {
  const taken = codeOf(await client.push(`/updates/${epoch}/manifest.cbor`, once(manifest)));
  if (taken !== 'ok' && taken !== 'exists') return taken;
  for (const line of (await textFrom(client, `/updates/${epoch}/missing`)).split('\n').filter((text) => text !== '')) {
    const [, name = '', next = ''] = /^chunk=(\S+) next=(\d+) /.exec(line) ?? [];
    const from = Number(next);
    const rest = (chunks.get(name) ?? new Uint8Array(0)).subarray(from);
    const code = codeOf(await client.push(`/updates/${epoch}/chunks/${name}`, once(rest), { from }));
    if (code !== 'ok') return code;
  }
  return 'ok';
}

async function pulled(client: HiveClient, path: string): Promise<Buffer> {
  const follow = await client.pull(path);
  if (!follow.ok) throw new Error(follow.refusal.detail);
  const parts: Uint8Array[] = [];
  for await (const piece of follow.value) parts.push(piece);
  return Buffer.concat(parts);
}

async function guest(hive: Hive): ReturnType<typeof guestOf> {
  return guestOf(hive, await ticketOf(hive, { subject: 'pusher' }));
}

const stateOf = async (client: HiveClient, epoch = '1'): Promise<string> =>
  / state=(\S+)/.exec(await textFrom(client, `/updates/${epoch}/status`))?.[1] ?? '';

/** Waits for a line of the log: what an order came to is told when it is done. */
async function logged(client: HiveClient, line: RegExp): Promise<void> {
  await vi.waitFor(async () => expect(await textFrom(client, '/log/queen.log')).toMatch(line), { timeout: 5000 });
}

describe('an update over 9P', () => {
  it('is whole with its last byte, listed, recorded, and there after a restart', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    const update = await updateOf(bytesOf(65_537));
    expect(await push(client, update)).toBe('ok');
    expect(await stateOf(client)).toBe('ready');
    expect(await pulled(client, '/updates/1/payload')).toEqual(update.payload);
    const [[name, bytes]] = [...update.chunks] as [[string, Uint8Array]];
    expect(await pulled(client, `/updates/1/chunks/${name}`)).toEqual(Buffer.from(bytes));
    expect(await pulled(client, '/updates/1/manifest.cbor')).toEqual(Buffer.from(update.manifest));
    expect(await client.list('/updates')).toEqual({ ok: true, value: ['1', 'active', 'ctl', 'history'] });
    expect(codeOf(await client.append('/updates/ctl', '{"op":"activate","epoch":"1"}'))).toBe('ok');
    await client.close();
    await hive.stop();
    const again = await guest(await startAgain());
    expect(await stateOf(again.client)).toBe('ready');
    expect(await textFrom(again.client, '/updates/active')).toMatch(/^active epoch=1 /);
    expect(await pulled(again.client, '/updates/1/payload')).toEqual(update.payload);
  });

  it('goes on where a cut connection left it, and no byte is sent twice', async () => {
    const hive = await place.start(withCas());
    const first = await guest(hive);
    const update = await updateOf(bytesOf(50_000));
    await first.client.push('/updates/1/manifest.cbor', once(update.manifest));
    const [[name, bytes]] = [...update.chunks] as [[string, Uint8Array]];
    const { client } = await guest(hive);
    const arrived = /^chunk=\S+ next=12345 /m;
    async function* half(): AsyncIterable<Uint8Array> {
      yield bytes.subarray(0, 12_345);
      await vi.waitFor(async () => expect(await textFrom(client, '/updates/1/missing')).toMatch(arrived));
      first.cut();
    }
    expect(codeOf(await first.client.push(`/updates/1/chunks/${name}`, half()))).not.toBe('ok');
    expect(await textFrom(client, '/updates/1/missing')).toMatch(arrived);
    expect(codeOf(await client.push(`/updates/1/chunks/${name}`, once(bytes)))).toBe('stale');
    expect(await push(client, update)).toBe('ok');
    expect(await pulled(client, '/updates/1/payload')).toEqual(update.payload);
  });

  it('its status is one record as text and as CBOR, and another manifest does not take its place', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    const update = await updateOf(bytesOf(30_000));
    await client.push('/updates/1/manifest.cbor', once(update.manifest));
    const other = await updateOf(bytesOf(30_000, 2));
    expect(codeOf(await client.push('/updates/1/manifest.cbor', once(other.manifest)))).toBe('exists');
    const twin = await client.read('/updates/1/status.cbor');
    expect(decode(twin.ok ? twin.value : new Uint8Array(0))).toEqual({
      epoch: '1',
      state: 'chunks_pending',
      manifest_bytes: update.manifest.length,
      manifest_pending_bytes: 0,
      chunks_expected: 2,
      chunks_committed: 0,
      chunks_pending: 0,
      chunks_missing: 2,
      payload_bytes: 30_000,
      payload_sha256: new Uint8Array(createHash('sha256').update(update.payload).digest()),
      delta: null,
    });
    expect(await textFrom(client, '/updates/1/status')).toContain('chunks_missing=2\npayload_bytes=30000 ');
  });

  it('content is content: text that looks like base64, or ends with a line feed', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    const update = await updateOf(Buffer.from('b64:QUJD\n\n'));
    expect(await push(client, update)).toBe('ok');
    expect(await pulled(client, '/updates/1/payload')).toEqual(update.payload);
  });

  it('two push the same at once: both end well', async () => {
    const hive = await place.start(withCas());
    const [one, other] = [await guest(hive), await guest(hive)];
    const update = await updateOf(bytesOf(90_000));
    await one.client.push('/updates/1/manifest.cbor', once(update.manifest));
    const pushed = [...update.chunks].flatMap(([name, bytes]) =>
      [one, other].map(({ client }) => client.push(`/updates/1/chunks/${name}`, once(bytes))),
    );
    const codes = (await Promise.all(pushed)).map(codeOf);
    expect(
      codes.every((code) => ['ok', 'exists', 'stale'].includes(code)),
      codes.join(),
    ).toBe(true);
    expect(await push(other.client, update)).toBe('ok');
    expect(await stateOf(one.client)).toBe('ready');
  });
});

async function startAgain(change: Partial<Manifest['cas']> = {}): Promise<Hive> {
  return place.start(withCas(change));
}

describe('what is refused', () => {
  it("a key that nobody listed; the hive's own counts, and is kept from others", async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    expect(await push(client, await updateOf(bytesOf(9), '1', new Uint8Array(32).fill(8)))).toBe('denied');
    expect(await stateOf(client)).toBe('empty');
    expect(await textFrom(client, '/log/queen.log')).toContain(
      'cas-manifest rejected epoch=1 reason=signature-failed\n',
    );
    const file = join(place.path, 'keys', 'cas.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const own = casSeed(readFileSync(file));
    expect(own.ok && (await push(client, await updateOf(bytesOf(9), '1', own.value)))).toBe('ok');
  });

  it('wrong bytes: put aside, told, and the right ones taken', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    const update = await updateOf(bytesOf(100));
    await client.push('/updates/1/manifest.cbor', once(update.manifest));
    const [name = ''] = update.chunks.keys();
    expect(codeOf(await client.push(`/updates/1/chunks/${name}`, once(bytesOf(100, 2))))).toBe('invalid-payload');
    expect(await textFrom(client, '/log/queen.log')).toContain(
      `cas-chunk quarantined epoch=1 expected=${name} actual=${hexOf(bytesOf(100, 2))} bytes=100\n`,
    );
    expect(await textFrom(client, '/proc/cas/store')).toContain(' quarantined=1\nquarantined expected=');
    expect(await push(client, update)).toBe('ok');
  });

  it('one byte too many, a chunk that is not listed, an update too many', async () => {
    const hive = await place.start(withCas({ updates_max: 1 }));
    const { client } = await guest(hive);
    const update = await updateOf(bytesOf(100));
    await client.push('/updates/1/manifest.cbor', once(update.manifest));
    const [name = ''] = update.chunks.keys();
    expect(codeOf(await client.push(`/updates/1/chunks/${name}`, once(bytesOf(101))))).toBe('too-big');
    expect(codeOf(await client.push(`/updates/1/chunks/${'0'.repeat(64)}`, once(bytesOf(1))))).toBe('not-found');
    expect(await push(client, await updateOf(bytesOf(5), '2'))).toBe('buffer-full');
    expect(await push(client, update)).toBe('ok');
  });

  it('whoever is no queen reads at most, and a hive without a store has no such files', async () => {
    const hive = await place.start(withCas());
    const ticket = await ticketOf(hive, { role: 'worker-heartbeat', subject: 'worker-1' });
    const worker = hive.attach(ticket);
    if (worker.ok) expect(await textOf(worker.value, '/updates/1/status')).toBe('invalid-path');
    await hive.stop();
    const off = queenOf(await startAgain({ enable: false }));
    expect(await textOf(off, '/updates/1/status')).toBe('invalid-path');
    expect(codeOf(await off.append('/updates/ctl', '{"op":"collect"}\n'))).toBe('unsupported');
  });
});

describe('models', () => {
  const WEIGHTS = bytesOf(70_000, 3);
  const FOLDER = `/models/${hexOf(WEIGHTS)}`;

  it('are sealed with their third file, and then they never change', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    expect(codeOf(await client.push(`${FOLDER}/weights`, once(WEIGHTS)))).toBe('ok');
    expect(codeOf(await client.push(`${FOLDER}/schema`, once(bytesOf(10_000))))).toBe('ok');
    expect(codeOf(await client.pull(`${FOLDER}/weights`))).toBe('not-found');
    expect(codeOf(await client.push(`${FOLDER}/signature`, once(bytesOf(64))))).toBe('ok');
    expect(await pulled(client, `${FOLDER}/weights`)).toEqual(WEIGHTS);
    expect(await pulled(client, `${FOLDER}/schema`)).toEqual(bytesOf(10_000));
    for (const part of ['weights', 'schema', 'signature'])
      expect(codeOf(await client.push(`${FOLDER}/${part}`, once(bytesOf(1))))).toBe('denied');
    const found = await client.stat(`${FOLDER}/weights`);
    expect(found.ok && [found.value.mode, found.value.size]).toEqual([0o444, 70_000n]);
  });

  it('weights that do not hash to the name: whoever closes hears it, and a removal begins anew', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    expect(codeOf(await client.push(`${FOLDER}/weights`, once(bytesOf(70_000, 4))))).toBe('invalid-payload');
    expect(await textFrom(client, '/proc/cas/models')).toBe('');
    expect(codeOf(await client.append('/models/ctl', JSON.stringify({ op: 'remove', model: hexOf(WEIGHTS) })))).toBe(
      'ok',
    );
    await logged(client, /cas-model removed model=/);
    expect(codeOf(await client.push(`${FOLDER}/weights`, once(WEIGHTS)))).toBe('ok');
  });

  it('a schema of which a connection was cut off is not taken for whole', async () => {
    const hive = await place.start(withCas());
    const first = await guest(hive);
    async function* half(): AsyncIterable<Uint8Array> {
      yield bytesOf(9000);
      await first.client.ping();
      first.cut();
    }
    await first.client.push(`${FOLDER}/schema`, half());
    const { client } = await guest(hive);
    await vi.waitFor(async () =>
      expect(await textFrom(client, '/proc/9p/session/all')).not.toContain(`id=${first.session} `),
    );
    expect(codeOf(await client.push(`${FOLDER}/schema`, once(bytesOf(12_000))))).toBe('ok');
  });
});

describe('orders of the operator', () => {
  it('removal and collection give the disk back; what is active stays', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    for (const epoch of ['1', '2'])
      expect(await push(client, await updateOf(bytesOf(30_000, Number(epoch)), epoch))).toBe('ok');
    await client.append('/updates/ctl', '{"op":"activate","epoch":"2"}');
    expect(codeOf(await client.append('/updates/ctl', '{"op":"remove","epoch":"1"}'))).toBe('ok');
    await logged(client, /cas-update removed epoch=1\n/);
    await client.append('/updates/ctl', '{"op":"collect"}');
    await logged(client, /cas-store collected blobs=2 bytes=30000\n/);
    expect(await textFrom(client, '/proc/cas/store')).toContain('used_bytes=30000 ');
    expect(await textFrom(client, '/proc/cas/updates')).toMatch(/^epoch=2 state=active [^\n]*\n$/);
    expect(await pulled(client, '/updates/2/payload')).toEqual(bytesOf(30_000, 2));
  });

  it('an update that is being read is kept, and the log says why', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    expect(await push(client, await updateOf(bytesOf(30_000)))).toBe('ok');
    const reading = await queenOf(hive).openStored('/updates/1/payload', 'read');
    await client.append('/updates/ctl', '{"op":"remove","epoch":"1"}');
    await logged(client, /cas-update kept name=1 reason=busy\n/);
    expect(await textFrom(client, '/proc/cas/updates')).toContain('epoch=1 state=ready ');
    if (reading.ok) await reading.value.close();
    await client.append('/updates/ctl', '{"op":"remove","epoch":"1"}');
    await logged(client, /cas-update removed epoch=1\n/);
  });

  it('bytes that went bad on the disk are found, said, and sent again', async () => {
    const hive = await place.start(withCas());
    const { client } = await guest(hive);
    const update = await updateOf(bytesOf(30_000));
    expect(await push(client, update)).toBe('ok');
    const [name = ''] = update.chunks.keys();
    writeFileSync(join(place.path, 'cas', 'blobs', name), bytesOf(CHUNK_BYTES, 7));
    await client.append('/updates/ctl', '{"op":"verify","epoch":"1"}');
    await logged(client, /cas-update verified epoch=1 outcome=stale\n/);
    expect(await textFrom(client, '/proc/cas/updates')).toContain('epoch=1 state=pending ');
    expect(codeOf(await client.append('/updates/ctl', '{"op":"activate","epoch":"1"}'))).toBe('invalid-transition');
    expect(await push(client, update)).toBe('ok');
    await client.append('/updates/ctl', '{"op":"verify","epoch":"1"}');
    await logged(client, /cas-update verified epoch=1 outcome=ok\n/);
  });
});

it('a start tells the journal what the disk lost meanwhile', async () => {
  const hive = await place.start(withCas());
  const { client } = await guest(hive);
  for (const epoch of ['1', '2'])
    expect(await push(client, await updateOf(bytesOf(9, Number(epoch)), epoch))).toBe('ok');
  await client.append('/updates/ctl', '{"op":"activate","epoch":"2"}');
  await client.close();
  await hive.stop();
  const folder = join(place.path, 'cas', 'updates');
  expect(readdirSync(folder).sort()).toEqual(['1.cbor', '2.cbor']);
  truncateSync(join(folder, '2.cbor'), 10);
  const again = await guest(await startAgain());
  await logged(again.client, /cas-update lost epoch=2\n/);
  expect(await textFrom(again.client, '/updates/active')).toBe('active epoch=none\n');
  expect(await textFrom(again.client, '/proc/cas/updates')).toMatch(/^epoch=1 state=ready [^\n]*\n$/);
});

it("a damaged key is not replaced behind anybody's back", async () => {
  await (await place.start(withCas())).stop();
  writeFileSync(join(place.path, 'keys', 'cas.json'), '{"seed":"AAAA"}\n');
  await expect(startQuiet(place.path, withCas())).rejects.toThrow(/cas\.json holds no key; restore it/);
});

it('a rule about `/updates/ctl` holds an activation until somebody else approved it', async () => {
  const rules = [{ id: 'updates', target: '/updates/ctl' }];
  const ruled = (manifest: Manifest): Manifest =>
    withCas()({ ...manifest, policy: { ...manifest.policy, enabled: true, rules } });
  const hive = await place.start(ruled);
  const { client } = await guest(hive);
  expect(await push(client, await updateOf(bytesOf(9)))).toBe('ok');
  const line = '{"op":"activate","epoch":"1"}';
  expect(codeOf(await client.append('/updates/ctl', line))).toBe('needs-approval');
  expect(await textFrom(client, '/updates/active')).toBe('active epoch=none\n');
  const approver = await guestOf(hive, readFileSync(hive.paths.approverTicket, 'utf8').trim());
  const approval = { id: 'a-1', target: '/updates/ctl', line, decision: 'approve' };
  expect(codeOf(await approver.client.append('/actions/queue', JSON.stringify(approval)))).toBe('ok');
  expect(codeOf(await client.append('/updates/ctl', line))).toBe('ok');
});
