// A hive as a process under signals: ended in order and at once, stopped and continued, killed while it starts, and with others
// that want its directory. What it acknowledged is there afterwards, each time.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ANY_PORTS, startHive, type TestHive } from '../support/hive.ts';
import { clientOf, QUIET_MANIFEST, spawnUntilRefused, spawnWorker, workersOf } from './hive-client.ts';

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const LONG = { timeout: 120_000 };
const KILLS = 10;

let data = '';
const running: TestHive[] = [];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'cohesix-signals-'));
});
afterEach(async () => {
  for (const hive of running.splice(0)) {
    continued(hive.pid);
    await hive.stop();
  }
  rmSync(data, { recursive: true, force: true });
});

/** A stopped process does not end by SIGTERM. */
function continued(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is gone already.
  }
}

async function start(manifest?: string): Promise<TestHive> {
  const hive = await startHive(manifest === undefined ? { data } : { data, manifest });
  running.push(hive);
  return hive;
}

function coh(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [COH, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** What a second hive on the same directory says, and its exit status. */
async function secondHive(): Promise<{ readonly code: number | null; readonly says: string }> {
  const child = coh('up', '--data', data, ...ANY_PORTS);
  let says = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    says += chunk.toString();
  });
  await once(child, 'close');
  return { code: child.exitCode, says };
}

it.each([
  ['SIGTERM', (pid: number) => void process.kill(pid, 'SIGTERM'), [0]],
  ['SIGINT', (pid: number) => void process.kill(pid, 'SIGINT'), [0]],
  // The first asks for an orderly end, the second does not wait for it; which comes first is a race.
  ['SIGINT and again', interruptUntilGone, [0, 130]],
])('%s under load: it ends, and all that it acknowledged is there', LONG, async (_, send, statuses) => {
  const hive = await start(QUIET_MANIFEST);
  const before = await workersOf(await clientOf(hive));
  const { acked, sent } = await spawnUntilRefused(await clientOf(hive), 100, () => send(hive.pid));
  expect(statuses).toContain(await hive.ended);
  running.length = 0;
  const workers = await workersOf(await clientOf(await start()));
  expect(workers).toBeGreaterThanOrEqual(before + acked);
  expect(workers).toBeLessThanOrEqual(before + sent);
});

/** Signals of one kind that come before the first is handled are one signal: so it is sent again and again. */
function interruptUntilGone(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
    setImmediate(() => interruptUntilGone(pid));
  } catch {
    // It is gone.
  }
}

it(
  'stopped by SIGSTOP and continued: who waits is answered, and nobody takes the directory meanwhile',
  LONG,
  async () => {
    const hive = await start(QUIET_MANIFEST);
    const client = await clientOf(hive);
    const before = await workersOf(client);
    process.kill(hive.pid, 'SIGSTOP');
    const stateOf = (pid: number): string | undefined => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    await vi.waitFor(() => expect(stateOf(hive.pid)).toBe('T'));
    let answered = 0;
    const writes = Array.from({ length: 16 }, async () => {
      const code = await spawnWorker(client);
      answered += 1;
      return code;
    });
    const second = await secondHive();
    expect(second.code).not.toBe(0);
    expect(second.says).toContain(`process ${hive.pid}`);
    expect(answered).toBe(0);
    process.kill(hive.pid, 'SIGCONT');
    expect(await Promise.all(writes)).toEqual(writes.map(() => 'ok'));
    expect(await workersOf(client)).toBe(before + 16);
  },
);

it(`killed ${KILLS} times while it starts: it starts, and nothing is lost`, LONG, async () => {
  const began = performance.now();
  const first = await start(QUIET_MANIFEST);
  const startMs = performance.now() - began;
  const client = await clientOf(first);
  for (let count = 0; count < 5; count++) expect(await spawnWorker(client)).toBe('ok');
  const workers = await workersOf(client);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  running.length = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = coh('up', '--data', data, ...ANY_PORTS);
    const killer = setTimeout(() => child.kill('SIGKILL'), (startMs * (kill + 1)) / (KILLS + 1));
    await once(child, 'exit');
    clearTimeout(killer);
    expect(child.signalCode).toBe('SIGKILL');
  }
  const hive = await start();
  expect(await workersOf(await clientOf(hive))).toBe(workers);
  expect(await hive.stop()).toBe(0);
});

it('a claim whose pid another process has now is stale: the directory is taken over', LONG, async () => {
  const first = await start(QUIET_MANIFEST);
  expect(await spawnWorker(await clientOf(first))).toBe('ok');
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  running.length = 0;
  for (const folder of [join(data, 'owner.lock'), join(data, 'journal', 'owner.lock')]) {
    const [claim = ''] = readdirSync(folder).filter((name) => !name.endsWith('.released'));
    const owner = JSON.parse(readFileSync(join(folder, claim), 'utf8')) as object;
    // This process: alive, and not started when the claim says.
    writeFileSync(join(folder, claim), `${JSON.stringify({ ...owner, pid: process.pid })}\n`);
  }
  const hive = await start();
  expect(await workersOf(await clientOf(hive))).toBeGreaterThan(0);
});
