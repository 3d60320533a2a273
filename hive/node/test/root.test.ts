// The root of a running hive: what its queens, its workers and its log see when queens come, leave and are cut off. Whoever
// looks on is a worker: a queen that looked would change what there is to see.

import { readFileSync } from 'node:fs';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { expect, it, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { type Guest, guestOf, textFrom, ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

/** A hive with one worker, and a session that looks on as that worker. */
async function start(
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<{ readonly running: Hive; readonly worker: PathSession }> {
  const running = await place.start((plain) =>
    change({ ...plain, workers: { ...plain.workers, start: [{ kind: 'heartbeat' }], heartbeat_interval_ms: 100 } }),
  );
  const worker = running.attach(await ticketOf(running, { role: 'worker-heartbeat', subject: 'worker-1' }));
  if (!worker.ok) throw new Error(worker.refusal.detail);
  return { running, worker: worker.value };
}

const queenTicket = (running: Hive): string => readFileSync(running.paths.queenTicket, 'utf8').trim();
const guest = (running: Hive): Promise<Guest> => guestOf(running, queenTicket(running));

/** Waits until the log says this about the root, and nothing else. */
async function rootLog(worker: PathSession, expected: readonly string[]): Promise<void> {
  await vi.waitFor(async () => {
    const log = await textOf(worker, '/log/queen.log');
    expect(log.split('\n').filter((line) => line.startsWith('root '))).toEqual(expected);
  }, 5000);
}

it('is reachable for a queen from her first read on', async () => {
  const { running } = await start();
  const { client } = await guest(running);
  expect(await textFrom(client, '/proc/root/reachable')).toBe('reachable=yes\n');
  expect(await textFrom(client, '/proc/root/cut_reason')).toBe('cut_reason=none\n');
  expect(await textFrom(client, '/proc/root/last_seen_ms')).toMatch(/^last_seen_ms=[1-9]\d{12}\n$/);
  await client.close();
});

it('is not while the node is OFFLINE, whoever is here', async () => {
  const hive = await place.start((plain) => ({
    ...plain,
    lifecycle: { ...plain.lifecycle, initial_state: 'OFFLINE' },
  }));
  const { client } = await guest(hive);
  expect(await textFrom(client, '/proc/root/reachable')).toBe('reachable=no\n');
  expect(await textFrom(client, '/proc/root/cut_reason')).toBe('cut_reason=lifecycle_offline\n');
  await client.append('/queen/lifecycle/ctl', 'resume\n');
  expect(await textFrom(client, '/proc/root/reachable')).toBe('reachable=yes\n');
  await client.close();
});

it('costs one record however many clients come and leave in order, with follows and writes of theirs', async () => {
  const { running, worker } = await start();
  for (let round = 0; round < 10; round++) {
    const { client } = await guest(running);
    const follow = await client.follow('/log/queen.log');
    if (!follow.ok) throw new Error(follow.refusal.code);
    await client.append('/queen/lifecycle/ctl', round % 2 === 0 ? 'cordon\n' : 'resume\n');
    await client.close();
  }
  await vi.waitFor(() => expect(running.door.queens.isHere).toBe(false), 5000);
  await rootLog(worker, ['root reachable']);
});

it('is cut off by a client that is killed, and held again by the next', async () => {
  const { running, worker } = await start();
  (await guest(running)).cut();
  await rootLog(worker, ['root reachable', 'root cut how=eof']);
  const { client } = await guest(running);
  await rootLog(worker, ['root reachable', 'root cut how=eof', 'root reachable']);
  await client.close();
});

it('notes a queen that is turned away while it is cut', async () => {
  const { running, worker } = await start();
  const forged = `${queenTicket(running).slice(0, -4)}AAAA`;
  await expect(guestOf(running, forged)).rejects.toThrow();
  await rootLog(worker, ['root refused']);
});

it('is not cut off when the hive stops, and a start waits for a queen', async () => {
  const { running, worker } = await start();
  const { client } = await guest(running);
  await rootLog(worker, ['root reachable']);
  await running.stop();
  await client.close();
  const second = await start();
  const session = queenOf(second.running);
  await rootLog(second.worker, ['root reachable', 'root reachable']);
  const journal = await textOf(session, '/audit/journal');
  const records = journal.split('\n').filter((line) => line.includes('"path":"/sys/root/ctl"'));
  expect(records.map((line) => (JSON.parse(line) as { lines: string[] }).lines)).toEqual([
    ['{"active":{}}'],
    ['{"active":{}}'],
  ]);
});

it('lets workers tell what they see while nobody is here: that is no authority', async () => {
  const { running, worker } = await start();
  await vi.waitFor(async () => {
    expect(await textOf(worker, '/worker/worker-1/telemetry')).toMatch(/"tick":3,/);
  }, 5000);
  expect(running.door.queens.seenMs, 'no queen was here').toBe(0);
});
