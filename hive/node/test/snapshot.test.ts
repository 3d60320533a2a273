// Snapshots: a start from one comes to the same hive as a start from all records, and a wrong one costs only time.

import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk, verifyLog } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hive, startHive } from '../src/hive.ts';
import { plainManifest, queenOf, temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
const running: Hive[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const hive of running.splice(0)) await hive.stop();
  folder.remove();
});

const RECORDS = 64;

function adjust(manifest: Manifest): Manifest {
  const plain = plainManifest();
  return {
    ...plain,
    hive: manifest.hive,
    listen: { ...plain.listen, secure9p: '', console: '' },
    journal: { ...plain.journal, snapshot_records: RECORDS, segment_bytes: 131_072 },
  };
}

const tryStart = (directory = folder.path): Promise<Result<Hive>> => startHive({ directory, adjust });

async function start(directory?: string): Promise<Hive> {
  const hive = await tryStart(directory);
  if (!hive.ok) throw new Error(hive.refusal.detail);
  running.push(hive.value);
  // That a queen attached is a record; `live` writes after it.
  queenOf(hive.value);
  return hive.value;
}

/** Writes lines that change the state, one record each. */
async function live(hive: Hive, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const line = JSON.stringify({ budget: { ops: 1 + (index % 1000) } });
    const written = await hive.system('/queen/ctl', line);
    if (!written.ok) throw new Error(written.refusal.detail);
  }
}

const snapshots = (): string => join(folder.path, 'snapshots');
const newest = (): string => join(snapshots(), readdirSync(snapshots()).sort().at(-1) ?? '');
const from = (hive: Hive): number => Number(/snapshot=(\d+)/.exec(hive.recovery)?.[1]);

async function text(hive: Hive, path: string): Promise<string> {
  const session = hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (!session.ok) throw new Error(session.refusal.detail);
  const read = await session.value.read(path, 4_000_000);
  if (!read.ok) throw new Error(`${path}: ${read.refusal.code}`);
  return Buffer.from(read.value).toString();
}

/** A hive that lived and stopped, with snapshots. */
async function lived(count = 5 * RECORDS): Promise<{ readonly hash: string; readonly journal: string }> {
  const hive = await start();
  await live(hive, count);
  const lines = await text(hive, '/audit/journal');
  await hive.stop();
  return { hash: hive.stateHash(), journal: lines };
}

/** The state a start comes to, without the boot record it writes itself: what `/proc/journal` says of the one before. */
async function sameAs(before: { hash: string; journal: string }, hive: Hive): Promise<void> {
  const lines = await text(hive, '/audit/journal');
  expect(lines.startsWith(before.journal)).toBe(true);
  const marked = lines.slice(before.journal.length).split('\n')[0] ?? '';
  expect(JSON.parse(marked)).toMatchObject({ path: '/sys/boot', state: before.hash });
}

describe('a start', () => {
  it('goes on from the newest snapshot and comes to the same state, streams, tree and proofs', async () => {
    const before = await lived();
    expect(readdirSync(snapshots()).length).toBe(2);
    const hive = await start();
    expect(from(hive)).toBeGreaterThanOrEqual(4 * RECORDS);
    await sameAs(before, hive);
    await live(hive, 300);
    await hive.stop();
    const report = await verifyLog(nodeDisk, hive.paths.journal, { verify: nodeTicketCrypto.ed25519Verify });
    expect(report).toMatchObject({ ok: true, value: { ok: true, unsigned: 0, findings: [] } });
  });

  it('goes on from the snapshots of a hive that itself began with one', async () => {
    await lived();
    const second = await start();
    expect(from(second)).toBeGreaterThan(0);
    await live(second, 5 * RECORDS);
    const journal = await text(second, '/audit/journal');
    await second.stop();
    const third = await start();
    expect(from(third)).toBeGreaterThan(from(second) + 3 * RECORDS);
    await sameAs({ hash: second.stateHash(), journal }, third);
  });

  it('is the same without snapshots', async () => {
    const before = await lived();
    rmSync(snapshots(), { recursive: true });
    const hive = await start();
    expect(from(hive)).toBe(0);
    await sameAs(before, hive);
  });

  it('ignores snapshots of which any byte was changed, and says so', async () => {
    const before = await lived();
    for (const name of readdirSync(snapshots())) {
      const path = join(snapshots(), name);
      const bytes = readFileSync(path);
      for (let at = 7; at < bytes.length; at += Math.ceil(bytes.length / 5)) bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    const hive = await start();
    expect(from(hive)).toBe(0);
    expect((await text(hive, '/log/queen.log')).match(/audit snapshot ignored/g)?.length).toBe(2);
    await sameAs(before, hive);
  });

  it('falls back on the snapshot before a damaged one', async () => {
    const before = await lived();
    const size = statSync(newest()).size;
    writeFileSync(newest(), readFileSync(newest()).subarray(0, size - 1));
    const hive = await start();
    expect(from(hive)).toBeGreaterThan(0);
    await sameAs(before, hive);
  });

  it('ignores the snapshot of another journal, also one that the same key signed', async () => {
    const before = await lived(2 * RECORDS);
    const other = temporaryFolder();
    cpSync(folder.path, other.path, { recursive: true });
    rmSync(join(other.path, 'journal'), { recursive: true });
    rmSync(join(other.path, 'snapshots'), { recursive: true });
    const twin = await start(other.path);
    await live(twin, 7 * RECORDS);
    await twin.stop();
    cpSync(join(other.path, 'snapshots'), snapshots(), { recursive: true });
    other.remove();
    const hive = await start();
    expect(from(hive)).toBeLessThanOrEqual(2 * RECORDS);
    expect(await text(hive, '/log/queen.log')).toContain('the journal does not vouch for it');
    await sameAs(before, hive);
  });

  it('does not use one when signed records are gone or a segment is missing: it refuses as without snapshots', async () => {
    await lived(10 * RECORDS);
    const [first, ...rest] = readdirSync(join(folder.path, 'journal')).filter((name) => name.endsWith('.seg'));
    expect(rest.length).toBeGreaterThan(0);
    rmSync(join(folder.path, 'journal', first ?? ''));
    expect(await tryStart()).toMatchObject({ ok: false, refusal: { code: 'audit-unavailable' } });
  });

  it('does not use one when a tile is missing, and makes the tile again', async () => {
    const before = await lived(10 * RECORDS);
    const tile = join(folder.path, 'journal', 'tile', '0', '000');
    const bytes = readFileSync(tile);
    rmSync(tile);
    const hive = await start();
    expect(from(hive)).toBe(0);
    await sameAs(before, hive);
    await hive.stop();
    expect(readFileSync(tile)).toEqual(bytes);
  });
});
