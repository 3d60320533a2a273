// kill -9 of a whole hive in the middle of accepted lines: after the restart every acknowledged line has had its
// effect, nothing is there that was not sent, and a clean restart arrives at the same state.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { clientOf, QUIET_MANIFEST, spawnUntilRefused, workersOf } from './hive-client.ts';

const ROUNDS = 4;
let running: TestHive | undefined;
const data = mkdtempSync(join(tmpdir(), 'cohesix-kill-'));

afterEach(async () => {
  await running?.stop();
  rmSync(data, { recursive: true, force: true });
});

it('loses nothing acknowledged when it is killed, and restarts to the same state', { timeout: 120_000 }, async () => {
  let atLeast = 1;
  let atMost = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const hive = await startHive({ data, manifest: QUIET_MANIFEST });
    running = hive;
    const client = await clientOf(hive);
    const before = await workersOf(client);
    expect(before).toBeGreaterThanOrEqual(atLeast);
    expect(before).toBeLessThanOrEqual(atMost);
    const { acked, sent } = await spawnUntilRefused(client, 20 + 37 * round, () => process.kill(hive.pid, 'SIGKILL'));
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
