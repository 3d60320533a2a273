// `coh tail` of a pattern: every worker's stream over one connection, workers that come later, and the gap of a reader that fell
// behind.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

const RING_BYTES = 4096;
let live: LiveHive;

beforeAll(async () => {
  live = await liveHive((manifest) => ({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    workers: { ...manifest.workers, heartbeat_interval_ms: 3_600_000, host_interval_ms: 3_600_000 },
    telemetry: { ...manifest.telemetry, ring_bytes_per_worker: RING_BYTES },
  }));
  await spawn();
  await spawn();
});
afterAll(() => live.stop());

async function spawn(): Promise<string> {
  return (await live.json<{ worker: string }>(['spawn', 'heartbeat', 'ticks=1000'])).worker;
}

async function told(worker: string, line: string): Promise<void> {
  const { exit, stderr } = await live.coh(['echo', `/worker/${worker}/telemetry`, line]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
}

it('spawns many at once', async () => {
  const before = (await live.json<{ names: string[] }>(['ls', '/worker'])).names;
  const { workers } = await live.json<{ workers: string[] }>(['spawn', 'heartbeat', 'ticks=1000', '--count', '35']);
  expect(new Set(workers).size).toBe(35);
  const after = (await live.json<{ names: string[] }>(['ls', '/worker'])).names;
  expect(new Set(after)).toEqual(new Set([...before, ...workers]));
  const { said } = await live.refused(['spawn', '{"spawn":"nothing"}', '--count', '3']);
  expect(said).toContain('started 0 of 3, then cannot spawn');
});

it('shows the last lines of every file of a pattern, each behind its name', async () => {
  const workers = (await live.json<{ names: string[] }>(['ls', '/worker'])).names;
  for (const worker of workers) await told(worker, `from ${worker}`);
  const { stdout } = await live.coh(['tail', '-n', '1', '/worker/*/telemetry']);
  expect(stdout.split('\n').slice(0, -1)).toEqual(
    workers.map((worker) => `/worker/${worker}/telemetry from ${worker}`),
  );
});

it('follows all of them, also a worker that comes later, until Ctrl-C', async () => {
  const beside = live.beside();
  const running = runCoh(['tail', '-f', '/worker/*/telemetry', '--interval', '10', '-n', '1', '--json'], beside.io);
  await beside.until('worker');
  const late = await spawn();
  await told(late, 'hello from late');
  await beside.until('hello from late');
  beside.signal('SIGINT');
  expect(await running).toBe(0);
  const lines = beside
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string; line: string });
  expect(lines.filter(({ line }) => line === 'hello from late')).toEqual([
    { path: `/worker/${late}/telemetry`, line: 'hello from late' },
  ]);
});

it('marks what a reader lost that fell behind, to the byte', async () => {
  const worker = await spawn();
  const beside = live.beside();
  const running = runCoh(['tail', '-f', '/worker/*/telemetry', '--interval', '60', '-n', '5', '--json'], beside.io);
  await told(worker, 'first');
  await beside.until('first');
  const text = 'x'.repeat(999);
  for (let line = 0; line < 9; line++) await told(worker, text);
  await told(worker, 'last');
  await beside.until('last');
  beside.signal('SIGINT');
  await running;
  const seen = beside
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string; line: string })
    .filter(({ path }) => path.includes(`/${worker}/`))
    .map(({ line }) => line);
  const lost = seen.flatMap((line) => /^~ lost bytes=(\d+) /.exec(line)?.[1] ?? []).map(Number);
  const got = seen.filter((line) => !line.startsWith('~')).reduce((sum, line) => sum + line.length + 1, 0);
  const { size } = await live.json<{ size: string }>(['stat', `/worker/${worker}/telemetry`]);
  expect(got + lost.reduce((sum, bytes) => sum + bytes, 0)).toBe(Number(size));
  expect(Number(size)).toBeGreaterThan(2 * RING_BYTES);
});

it('says when a pattern names nothing, or no streams', async () => {
  expect((await live.refused(['tail', '-f', '/worker/*/nothing'])).said).toContain('cannot follow /worker/*/nothing');
  expect((await live.refused(['tail', '-f', '/nothing/*/telemetry'])).said).toContain('cannot follow');
  expect((await live.refused(['tail', '-f', '/proc/pressure/*'])).said).toContain('cannot follow');
});
