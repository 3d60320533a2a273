// LoRA jobs in a running hive: written, published by their hashes, read only inside an export window, gone with their bytes.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PathSession } from '@cohesix/ninedoor';
import { attenuate } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

const ROOT = '/queen/export/lora_jobs';
const CTL = `${ROOT}/ctl`;
const WINDOWS = '/queen/export/ctl';
const BASE = 'llama3-8b\n';
const POLICY = 'max_rank = 8\n';
const TELEMETRY = Buffer.alloc(100_000, 'telemetry ');

function hashed(bytes: string | Uint8Array): string {
  return `${createHash('sha256').update(bytes).digest('hex')}:${Buffer.byteLength(bytes)}`;
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);

/** Writes a file in pieces at offsets, as a push does. */
async function write(session: PathSession, path: string, bytes: string | Uint8Array, from = 0): Promise<Result<void>> {
  const file = await session.openStored(path, 'write');
  if (!file.ok) return file;
  const all = Buffer.from(bytes);
  let last: Result<void> = { ok: true, value: undefined };
  for (let at = from; at < all.length && last.ok; at += 8000)
    last = await file.value.append({ offset: at, bytes: all.subarray(at, at + 8000) });
  const closed = await file.value.close();
  return last.ok ? closed : last;
}

async function writeJob(session: PathSession, job: string, telemetry: string | Uint8Array = TELEMETRY): Promise<void> {
  expect(codeOf(await write(session, `${ROOT}/${job}/telemetry.cbor`, telemetry))).toBe('ok');
  expect(codeOf(await write(session, `${ROOT}/${job}/base_model.ref`, BASE))).toBe('ok');
  expect(codeOf(await write(session, `${ROOT}/${job}/policy.toml`, POLICY))).toBe('ok');
}

function publishLine(id: string, telemetry: string | Uint8Array = TELEMETRY, more: object = {}): string {
  return JSON.stringify({
    op: 'publish',
    id,
    base: 'llama3-8b',
    telemetry: hashed(telemetry),
    base_model: hashed(BASE),
    policy: hashed(POLICY),
    ...more,
  });
}

async function published(hive: Hive, job = 'j'): Promise<PathSession> {
  const session = queenOf(hive);
  await writeJob(session, job);
  expect(codeOf(await session.append(CTL, publishLine(job)))).toBe('ok');
  return session;
}

const openWindow = (session: PathSession, id: string, ttl = 60): Promise<Result<unknown>> =>
  session.append(WINDOWS, JSON.stringify({ op: 'open', id, ttl_s: ttl }));

const contents = (): readonly string[] => readdirSync(join(place.path, 'lora_jobs')).sort();

describe('a LoRA job', () => {
  it('is read only while a window of its id is open', async () => {
    const session = await published(await place.start());
    expect(await textOf(session, `${ROOT}/j/policy.toml`)).toBe('denied');
    await openWindow(session, 'another');
    expect(await textOf(session, `${ROOT}/j/policy.toml`)).toBe('denied');
    await openWindow(session, 'j');
    expect(await textOf(session, `${ROOT}/j/policy.toml`)).toBe(POLICY);
    expect(await textOf(session, `${ROOT}/j/base_model.ref`)).toBe(BASE);
    expect(await textOf(session, `${ROOT}/j/telemetry.cbor`)).toBe(TELEMETRY.toString());
    await session.append(WINDOWS, '{"op":"close","id":"j","reason":"done"}');
    expect(await textOf(session, `${ROOT}/j/policy.toml`)).toBe('denied');
    const names = await session.list(ROOT);
    expect(names.ok ? names.value : []).toEqual(['ctl', 'j']);
  });

  it('gives nothing more once the window shuts in the middle of a read', async () => {
    const session = await published(await place.start());
    await openWindow(session, 'j');
    const file = await session.openStored(`${ROOT}/j/telemetry.cbor`, 'read');
    if (!file.ok) throw new Error(file.refusal.detail);
    expect(codeOf(await file.value.read(0, 8000))).toBe('ok');
    await session.append(WINDOWS, '{"op":"close","id":"j","reason":"enough"}');
    expect(codeOf(await file.value.read(8000, 8000))).toBe('denied');
    await openWindow(session, 'j');
    const rest = await file.value.read(8000, 8000);
    expect(rest.ok && Buffer.from(rest.value).equals(TELEMETRY.subarray(8000, 16_000))).toBe(true);
    await file.value.close();
  });

  it('gives nothing more once the time of the window is over, to the millisecond', async () => {
    let now = Date.UTC(2026, 10, 21);
    const session = await published(await place.start(undefined, { now: () => now }));
    await openWindow(session, 'j', 1);
    const file = await session.openStored(`${ROOT}/j/telemetry.cbor`, 'read');
    if (!file.ok) throw new Error(file.refusal.detail);
    now += 999;
    expect(codeOf(await file.value.read(0, 10))).toBe('ok');
    now += 1;
    expect(codeOf(await file.value.read(10, 10))).toBe('denied');
    await file.value.close();
  });

  it('is published only as it was written, and a refusal changes nothing', async () => {
    const hive = await place.start();
    const session = queenOf(hive);
    const say = async (line: string): Promise<string> => codeOf(await session.append(CTL, line));
    expect(await say(publishLine('j'))).toBe('not-found');
    await writeJob(session, 'j');
    expect(await say(publishLine('j', 'something else'))).toBe('invalid-payload');
    expect(await say(publishLine('j', TELEMETRY, { base: 'llama3-70b' }))).toBe('invalid-payload');
    expect(await say(publishLine('k'))).toBe('not-found');
    const before = hive.stateHash();
    expect(await say(`${publishLine('j')}\n${publishLine('j', 'something else')}`)).toBe('invalid-payload');
    expect(hive.stateHash()).toBe(before);
    expect(await textOf(session, '/proc/lora_jobs')).toBe('');
    expect(await say(publishLine('j'))).toBe('ok');
    expect(await say(publishLine('j'))).toBe('ok');
  });

  it('is not published by an intent, written or not', async () => {
    const session = queenOf(await place.start());
    const intent = (id: string): string =>
      JSON.stringify({
        schema: 'queen-intent/v1',
        id,
        idempotency_key: 'k',
        issued_unix_ms: Date.now(),
        target: CTL,
        cmd: publishLine('j'),
      });
    expect(codeOf(await session.append('/queen/intents/ctl', intent('i1')))).toBe('not-found');
    await writeJob(session, 'j');
    expect(codeOf(await session.append('/queen/intents/ctl', intent('i2')))).toBe('invalid-payload');
    expect(await textOf(session, '/proc/lora_jobs')).toBe('');
  });

  it('that was written with an interruption goes on where it ends, and nowhere else', async () => {
    const session = queenOf(await place.start());
    const path = `${ROOT}/j/telemetry.cbor`;
    expect(codeOf(await write(session, path, TELEMETRY.subarray(0, 16_000)))).toBe('ok');
    const begun = await session.stat(path);
    expect(begun.ok ? begun.value.size : -1n).toBe(16_000n);
    expect(codeOf(await write(session, path, TELEMETRY, 24_000))).toBe('stale');
    expect(codeOf(await write(session, path, TELEMETRY, 16_000))).toBe('ok');
    await write(session, `${ROOT}/j/base_model.ref`, BASE);
    await write(session, `${ROOT}/j/policy.toml`, POLICY);
    expect(codeOf(await session.append(CTL, publishLine('j')))).toBe('ok');
  });

  it.each([
    ['telemetry.cbor', 131_072],
    ['base_model.ref', 1024],
    ['policy.toml', 8192],
  ])('%s takes %i bytes and not one more, of which nothing stays', async (name, most) => {
    const session = queenOf(await place.start());
    expect(codeOf(await write(session, `${ROOT}/j/${name}`, Buffer.alloc(most + 1)))).toBe('too-big');
    expect(contents()).toEqual([]);
    expect(codeOf(await write(session, `${ROOT}/j/${name}`, Buffer.alloc(most)))).toBe('ok');
    expect(contents()).toHaveLength(1);
  });

  it('is replaced whole, and its old bytes go; removed, all of them go', async () => {
    const session = await published(await place.start());
    const first = contents();
    await write(session, `${ROOT}/j/telemetry.cbor`, 'new');
    await openWindow(session, 'j');
    expect(await textOf(session, `${ROOT}/j/telemetry.cbor`)).toBe(TELEMETRY.toString());
    expect(codeOf(await session.append(CTL, publishLine('j', 'new')))).toBe('ok');
    expect(await textOf(session, `${ROOT}/j/telemetry.cbor`)).toBe('new');
    await expect.poll(contents).toHaveLength(3);
    expect(contents()).not.toEqual(first);
    expect(codeOf(await session.append(CTL, '{"op":"remove","id":"j"}'))).toBe('ok');
    await expect.poll(contents).toEqual([]);
    expect(await textOf(session, `${ROOT}/j/telemetry.cbor`)).toBe('not-found');
  });

  it('stays what it was for who has it open, and then its bytes go', async () => {
    const session = await published(await place.start());
    await openWindow(session, 'j');
    const file = await session.openStored(`${ROOT}/j/telemetry.cbor`, 'read');
    if (!file.ok) throw new Error(file.refusal.detail);
    await write(session, `${ROOT}/j/telemetry.cbor`, 'new');
    expect(codeOf(await session.append(CTL, publishLine('j', 'new')))).toBe('ok');
    const part = await file.value.read(90_000, 20_000);
    expect(part.ok && Buffer.from(part.value).equals(TELEMETRY.subarray(90_000))).toBe(true);
    expect(contents()).toHaveLength(4);
    await file.value.close();
    await expect.poll(contents).toHaveLength(3);
  });

  it('is there after a restart; what was only written is not, nor what a crash left half', async () => {
    const first = await place.start();
    const session = await published(first);
    await write(session, `${ROOT}/k/policy.toml`, 'never published');
    await first.stop();
    writeFileSync(join(place.path, 'lora_jobs', `${'0'.repeat(64)}.tmp`), 'half');
    const again = queenOf(await place.start());
    await expect.poll(contents).toHaveLength(3);
    await openWindow(again, 'j');
    expect(await textOf(again, `${ROOT}/j/telemetry.cbor`)).toBe(TELEMETRY.toString());
    expect(codeOf(await again.append(CTL, publishLine('k')))).toBe('not-found');
  });

  it('whose bytes were changed on the disk is not given out', async () => {
    const session = await published(await place.start());
    await openWindow(session, 'j');
    const [sha256 = ''] = hashed(POLICY).split(':');
    writeFileSync(join(place.path, 'lora_jobs', sha256), 'max_rank = 9\n');
    expect(await textOf(session, `${ROOT}/j/policy.toml`)).toBe('internal');
  });

  it('is nobody else’s: a ticket without its scope sees nothing', async () => {
    const hive = await place.start();
    await published(hive);
    const token = attenuate(nodeTicketCrypto, readFileSync(hive.paths.queenTicket, 'utf8').trim(), {
      nonce: randomTicketId(),
      scopes: [{ path: '/proc', verbs: 'read', ratePerS: 0 }],
    });
    const narrow = token.ok ? hive.attach(token.value) : token;
    if (!narrow.ok) throw new Error(narrow.refusal.detail);
    expect(await textOf(narrow.value, `${ROOT}/j/policy.toml`)).toBe('invalid-path');
    expect(codeOf(await write(narrow.value, `${ROOT}/j/policy.toml`, 'x'))).toBe('invalid-path');
  });
});
