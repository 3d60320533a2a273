// `/proc/fleet`: that it says of every worker what the files of each say, to each session of those it may see; and that ten
// thousand workers fit.

import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import type { Scope } from '@cohesix/ticket';
import { describe, expect, it } from 'vitest';
import { fleetNode } from '../src/fleet.ts';
import type { Hive } from '../src/hive.ts';
import { ticketOf } from './clients.ts';
import { makeBooks, placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

async function must(session: PathSession, path: string, ...lines: readonly object[]): Promise<void> {
  const done = await session.append(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (!done.ok) throw new Error(`${path}: ${done.refusal.code}: ${done.refusal.detail}`);
}

/** The lines of the fleet as words. */
async function fleet(session: PathSession): Promise<readonly Record<string, string>[]> {
  const text = await textOf(session, '/proc/fleet');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Object.fromEntries(line.split(' ').map((word) => word.split('=', 2))));
}

/** A session of a queen's ticket that was narrowed to reading these paths. */
async function narrowed(hive: Hive, ...paths: readonly string[]): Promise<PathSession> {
  const scopes: Scope[] = paths.map((path) => ({ path, verbs: 'read', ratePerS: 0 }));
  const session = hive.attach(await ticketOf(hive, { scopes }));
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

const heartbeat = { spawn: 'heartbeat', ticks: 1000, budget: { ops: 500 } };

describe('/proc/fleet', () => {
  it('is empty without workers, and has a line for each that lives, by number', async () => {
    const queen = queenOf(await place.start());
    expect(await textOf(queen, '/proc/fleet')).toBe('');
    for (let id = 1; id <= 11; id++) await must(queen, '/queen/ctl', heartbeat);
    await must(queen, '/queen/ctl', { kill: 'worker-2' });
    expect((await fleet(queen)).map(({ id }) => id)).toEqual(
      [1, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((number) => `worker-${number}`),
    );
    expect(await textOf(queen, '/proc/workers')).toContain('total=10 ');
  });

  it('says what /worker/<id>/info says', async () => {
    const queen = queenOf(await place.start());
    await must(queen, '/queen/ctl', heartbeat, { spawn: 'host' });
    await must(queen, '/queen/ctl', { spawn: 'heartbeat', ticks: 2 });
    for (const line of await fleet(queen)) {
      const { kind, state, ticks, ops, expires_ms } = JSON.parse(await textOf(queen, `/worker/${line.id}/info`));
      const used = (budget: { used: number; max: number | null }): string => `${budget.used}/${budget.max ?? 'none'}`;
      expect(line).toEqual({
        id: line.id,
        kind,
        state,
        ticks: used(ticks),
        ops: used(ops),
        expires_ms: String(expires_ms ?? 'none'),
      });
    }
  });

  it('names what a worker holds: GPUs, leases, the job that runs in it', async () => {
    const queen = queenOf(await place.start());
    const gpu = { id: 'GPU-0', name: 'Mock', memory_mb: 4096, sm_count: 1, driver_version: '1', runtime_version: '1' };
    await must(queen, '/gpu/bridge/ctl', { publish: { host: 'h1', gpus: [gpu] } });
    await must(queen, '/queen/ctl', { spawn: 'gpu', lease: { gpu_id: 'GPU-0', mem_mb: 1024, streams: 1, ttl_s: 60 } });
    await must(queen, '/queen/lease/ctl', {
      op: 'grant',
      id: 'l1',
      subject: 'worker-1',
      resource: 'seat',
      ttl_s: 60,
      priority: 0,
    });
    const job = { id: 'train', role: 'heartbeat', priority: 1, ticks: 100, budget_ms: 60_000 };
    await must(queen, '/queen/schedule/ctl', job);
    await expect.poll(() => fleet(queen)).toHaveLength(2);
    const [first, second] = await fleet(queen);
    expect(first).toMatchObject({ id: 'worker-1', kind: 'gpu', gpus: 'h1/GPU-0', leases: '2' });
    expect(first).not.toHaveProperty('job');
    expect(second).toMatchObject({ id: 'worker-2', kind: 'heartbeat', job: 'train' });
    expect(second).not.toHaveProperty('gpus');
  });

  it('names the shard where the path of telemetry goes by it alone, and the worker writes there', async () => {
    const byShard = (manifest: Manifest): Manifest => ({
      ...manifest,
      sharding: { ...manifest.sharding, enabled: true, legacy_worker_alias: false },
    });
    const queen = queenOf(await place.start(byShard));
    await must(queen, '/queen/ctl', heartbeat);
    const [{ shard } = { shard: '' }] = await fleet(queen);
    expect(await textOf(queen, `/shard/${shard}/worker/worker-1/telemetry`)).toContain('"tick":1');
  });

  it('changes with the state, and stays for who has it open', async () => {
    const queen = queenOf(await place.start());
    await must(queen, '/queen/ctl', heartbeat);
    const before = await textOf(queen, '/proc/fleet');
    expect(await textOf(queen, '/proc/fleet')).toBe(before);
    await must(queen, '/queen/ctl', heartbeat);
    expect(await textOf(queen, '/proc/fleet')).toMatch(/^id=worker-1 .*\nid=worker-2 .*\n$/);
    await must(queen, '/queen/ctl', { kill: 'worker-1' });
    expect((await fleet(queen)).map(({ id }) => id)).toEqual(['worker-2']);
  });

  it('can be read as it was at a line of the past', async () => {
    const queen = queenOf(await place.start());
    await must(queen, '/queen/ctl', heartbeat);
    const line = Number(/ seq=(\d+) /.exec(await textOf(queen, '/proc/journal'))?.[1]);
    const then = await textOf(queen, '/proc/fleet');
    await must(queen, '/queen/ctl', { kill: 'worker-1' });
    expect(await textOf(queen, '/proc/fleet')).toBe('');
    expect(await textOf(queen, `/replay/at/${line}/proc/fleet`)).toBe(then);
  });
});

describe('who sees which workers', () => {
  it('all, who may read /worker; else those whose info one may read; a worker not the file', async () => {
    const hive = await place.start();
    const queen = queenOf(hive);
    await must(queen, '/queen/ctl', heartbeat, heartbeat, heartbeat);
    const line = Number(/ seq=(\d+) /.exec(await textOf(queen, '/proc/journal'))?.[1]);
    const seen = async (session: PathSession, path: string): Promise<string> =>
      [...(await textOf(session, path)).matchAll(/^id=(\S+)/gm)].map(([, id]) => id).join(' ');
    const viewer = await narrowed(hive, '/proc', '/worker', '/replay');
    const one = await narrowed(hive, '/proc', '/worker/worker-2', '/worker/worker-3/telemetry', '/replay');
    const none = await narrowed(hive, '/proc', '/replay');
    for (const path of ['/proc/fleet', `/replay/at/${line}/proc/fleet`]) {
      // Whoever reads first, nobody is given what another was shown.
      expect(await seen(one, path)).toBe('worker-2');
      expect(await seen(viewer, path)).toBe('worker-1 worker-2 worker-3');
      expect(await seen(none, path)).toBe('');
      expect(await seen(one, path)).toBe('worker-2');
    }
    expect(await one.stat('/proc/fleet')).toMatchObject({
      value: { size: BigInt((await textOf(one, '/proc/fleet')).length) },
    });
    const worker = hive.attach(await ticketOf(hive, { role: 'worker-heartbeat', subject: 'worker-1' }));
    if (!worker.ok) throw new Error(worker.refusal.detail);
    expect(await textOf(worker.value, '/proc/fleet')).toBe('invalid-path');
  });
});

describe('ten thousand workers', () => {
  const books = makeBooks();
  const many = Array.from({ length: 16 }, () => ({
    spawn: 'heartbeat',
    ticks: 10_000,
    budget: { ops: 10_000, ttl_s: 3600 },
  }));
  const { authority, ledger, sink } = books;
  for (let count = 0; count < 10_000; count += many.length) {
    books.submit('/queen/ctl', ...many);
    sink.release();
  }
  const node = fleetNode({ authority, shown: () => ledger.shown, isSeen: () => true, shardLabel: undefined });
  const file = 'file' in node && node.file.kind === 'view' ? node.file : undefined;
  const bytes = file?.render({}, undefined as never) ?? new Uint8Array();

  it('are all there, in what one answer of any door may hold', () => {
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
    expect(lines).toHaveLength(10_000);
    expect(lines.at(-1)).toMatch(/^id=worker-10000 kind=heartbeat state=starting /);
    // With the digits that come when each has used all of its budgets.
    expect(bytes.length + 2 * lines.length * ('10000'.length - '0'.length)).toBeLessThanOrEqual(1_048_576);
  });

  it('are rendered once for a state, however many ask', () => {
    expect(file?.render({}, undefined as never)).toBe(bytes);
    books.submit('/queen/ctl', { kill: 'worker-1' });
    sink.release();
    expect(Buffer.from(file?.render({}, undefined as never) ?? []).toString()).toMatch(/^id=worker-2 /);
  });
});
