// A client of a hive in a child process, and the load that the kill tests put on it.

import { connect, type HiveClient } from '@cohesix/client';
import { NO_APPROVALS, type TestHive } from '../support/hive.ts';

const IN_FLIGHT = 16;

/** Heartbeats so far apart that none is made; ids never reused, so the workers are the lines that were accepted. */
export const QUIET_MANIFEST: string = `${NO_APPROVALS}\n[workers]\nheartbeat_interval_ms = 600000\nhost_interval_ms = 600000\n`;

/** A connection as the Queen. @throws Error when there is none. */
export async function clientOf(hive: TestHive): Promise<HiveClient> {
  const client = await connect({ url: `9p://127.0.0.1:${hive.ninepPort}`, role: 'queen', ticket: hive.ticket });
  if (!client.ok) throw new Error(client.refusal.detail);
  return client.value;
}

/** The text of a file. @throws Error with the refusal. */
export async function textOf(client: HiveClient, path: string): Promise<string> {
  const bytes = await client.read(path);
  if (!bytes.ok) throw new Error(`${path}: ${bytes.refusal.detail}`);
  return new TextDecoder().decode(bytes.value);
}

/** How many workers there ever were. */
export async function workersOf(client: HiveClient): Promise<number> {
  return Number(/total=(\d+)/.exec(await textOf(client, '/proc/workers'))?.[1]);
}

/** Spawns one worker; the code of the refusal, or `ok`. */
export async function spawnWorker(client: HiveClient): Promise<string> {
  const result = await client.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000}');
  return result.ok ? 'ok' : result.refusal.code;
}

/** What a load came to: how many lines were sent, and how many acknowledged. */
export interface Load {
  readonly acked: number;
  readonly sent: number;
}

/** Spawns, 16 at a time, until a spawn is refused or the connection dies; calls `then` once after `count` acknowledgements. */
export async function spawnUntilRefused(client: HiveClient, count: number, then: () => void): Promise<Load> {
  let acked = 0;
  let sent = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      sent += 1;
      if ((await spawnWorker(client)) !== 'ok') return;
      acked += 1;
      if (acked === count) then();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return { acked, sent };
}
