// kill -9 of a whole hive in the middle of accepted lines: after the restart every acknowledged line has had its
// effect, nothing is there that was not sent, and a clean restart arrives at the same state.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type HiveClient } from '@cohesix/client';
import { afterEach, expect, it } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';

const ROUNDS = 4;
const IN_FLIGHT = 16;
/** Heartbeats so far apart that none is made; ids never reused, so the workers are the lines that were accepted. */
const MANIFEST = `${NO_APPROVALS}\n[workers]\nheartbeat_interval_ms = 600000\nhost_interval_ms = 600000\n`;

let running: TestHive | undefined;
const data = mkdtempSync(join(tmpdir(), 'cohesix-kill-'));

afterEach(async () => {
  await running?.stop();
  rmSync(data, { recursive: true, force: true });
});

async function clientOf(hive: TestHive): Promise<HiveClient> {
  const client = await connect({ url: `9p://127.0.0.1:${hive.ninepPort}`, role: 'queen', ticket: hive.ticket });
  if (!client.ok) throw new Error(client.refusal.detail);
  return client.value;
}

async function textOf(client: HiveClient, path: string): Promise<string> {
  const bytes = await client.read(path);
  if (!bytes.ok) throw new Error(`${path}: ${bytes.refusal.detail}`);
  return new TextDecoder().decode(bytes.value);
}

/** Spawns until the connection dies, `IN_FLIGHT` at a time; how many were acknowledged and how many were sent. */
async function spawnUntilDeath(
  client: HiveClient,
  killAfter: number,
  kill: () => void,
): Promise<{ acked: number; sent: number }> {
  let acked = 0;
  let sent = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      sent += 1;
      const result = await client.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000}');
      if (!result.ok) return;
      acked += 1;
      if (acked === killAfter) kill();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return { acked, sent };
}

async function workersOf(client: HiveClient): Promise<number> {
  return Number(/total=(\d+)/.exec(await textOf(client, '/proc/workers'))?.[1]);
}

it('loses nothing acknowledged when it is killed, and restarts to the same state', { timeout: 120_000 }, async () => {
  let atLeast = 1;
  let atMost = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const hive = await startHive({ data, manifest: MANIFEST });
    running = hive;
    const client = await clientOf(hive);
    const before = await workersOf(client);
    expect(before).toBeGreaterThanOrEqual(atLeast);
    expect(before).toBeLessThanOrEqual(atMost);
    const { acked, sent } = await spawnUntilDeath(client, 20 + 37 * round, () => process.kill(hive.pid, 'SIGKILL'));
    await hive.stop();
    atLeast = before + acked;
    atMost = before + sent;
  }
  const last = await startHive({ data });
  running = last;
  const client = await clientOf(last);
  const workers = await workersOf(client);
  expect(workers).toBeGreaterThanOrEqual(atLeast);
  expect(workers).toBeLessThanOrEqual(atMost);
  const listed = await client.list('/worker');
  expect(listed.ok && listed.value.length).toBe(workers);
  await client.close();
  expect(await last.stop()).toBe(0);
  const again = await startHive({ data });
  running = again;
  expect(await workersOf(await clientOf(again))).toBe(workers);
  expect(readFileSync(join(data, 'run', 'queen.ticket'), 'utf8').trim()).toBe(last.ticket);
});
