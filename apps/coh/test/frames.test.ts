// Telemetry that is CBOR frames, shown as lines of JSON: the last ones, what comes, and what is lost.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
let worker = '';

beforeAll(async () => {
  live = await liveHive((manifest) => ({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    workers: { ...manifest.workers, start: [], heartbeat_interval_ms: 20 },
    telemetry: { ...manifest.telemetry, frame_schema: 'cbor-v1', ring_bytes_per_worker: 1024 },
  }));
  worker = (await live.json<{ worker: string }>(['spawn', 'heartbeat', 'ticks=100000'])).worker;
});
afterAll(() => live.stop());

interface Shown {
  readonly schema: string;
  readonly seq: number;
  readonly payload: { readonly tick: number };
  readonly bytes: number;
  readonly next: number;
}

it('follows frames as they come, one a line, none missing', async () => {
  const path = `/worker/${worker}/telemetry`;
  const beside = live.beside();
  const running = runCoh(['tail', '-f', path, '-n', '1', '--json'], beside.io);
  await beside.until('"tick\\":30');
  beside.signal('SIGINT');
  expect(await running).toBe(0);
  const lines = beside.stdout().trim().split('\n');
  const frames = lines.map((line) => JSON.parse((JSON.parse(line) as { line: string }).line) as Shown);
  expect(frames.map(({ payload }) => payload.tick)).toEqual(
    frames.map((_, index) => Number(frames[0]?.payload.tick) + index),
  );
  expect(frames[0]).toMatchObject({ schema: 'telemetry-frame/v1', worker_id: worker, role: 'worker-heartbeat' });
});

it('shows what a ring retains, and first what is gone', async () => {
  const { stdout } = await live.coh(['tail', '-n', '100', `/worker/${worker}/telemetry`]);
  const [loss, first, ...rest] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Shown);
  expect(loss).toMatchObject({ schema: 'telemetry-loss/v1', bytes: loss?.next });
  expect(first?.seq).toBeGreaterThan(0);
  expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, index) => Number(first?.seq) + 1 + index));
});

it('takes no line of text where frames are due, and says what is wrong', async () => {
  const { exit, stderr } = await live.coh(['echo', `/worker/${worker}/telemetry`, 'temperature=41']);
  expect(exit).not.toBe(0);
  expect(stderr).toContain('(invalid-payload)\n  The bytes are no frames: no telemetry-frame/v1');
});
