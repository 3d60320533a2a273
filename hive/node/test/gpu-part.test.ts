// GPUs in a running hive: the status of each as a stream, breadcrumbs of host tools, the telemetry of workers, a start after a stop.

import type { PathSession } from '@cohesix/ninedoor';
import { checkFrames } from '@cohesix/telemetry';
import { describe, expect, it, vi } from 'vitest';
import { breadcrumbsIn } from '../src/gpu/breadcrumbs.ts';
import type { Hive } from '../src/hive.ts';
import { ticketOf } from './clients.ts';
import { placeForEach, queenOf, startQuiet, textOf } from './fixture.ts';

const place = placeForEach();

const GPU = {
  id: 'GPU-0',
  name: 'Mock 4090',
  memory_mb: 24_576,
  sm_count: 144,
  driver_version: '555.0',
  runtime_version: '12.4',
};
const STATUS = '/gpu/GPU-0/status';

async function must(session: PathSession, path: string, line: string | object): Promise<void> {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  const done = await session.append(path, `${text}\n`);
  if (!done.ok) throw new Error(`${path}: ${done.refusal.code}: ${done.refusal.detail}`);
}

async function codeOf(session: PathSession, path: string, line: object | string): Promise<string> {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  const done = await session.append(path, `${text}\n`);
  return done.ok ? 'ok' : done.refusal.code;
}

/** A hive with one GPU and a worker on it. */
async function withLease(ttl_s = 600): Promise<{ hive: Hive; queen: PathSession }> {
  const hive = await place.start();
  const queen = queenOf(hive);
  await must(queen, '/gpu/bridge/ctl', { publish: { host: 'local', gpus: [GPU] } });
  await must(queen, '/queen/ctl', { spawn: 'gpu', lease: { gpu_id: 'GPU-0', mem_mb: 1024, streams: 1, ttl_s } });
  return { hive, queen };
}

function crumb(more: object = {}): object {
  return { schema: 'gpu-breadcrumb/v1', event: 'START', command: 'train', status: 'RUNNING', fence: 1, ...more };
}

function job(id: string): object {
  const size = [1, 1, 1];
  const what = { kernel: 'vadd', grid: size, block: size, bytes_hash: `sha256:${'0'.repeat(64)}` };
  return { job: id, ...what, inputs: [], outputs: [], timeout_ms: 5000 };
}

describe('the status of a GPU', () => {
  it('has the lines of the hive and of host tools, by both of its paths', async () => {
    const { queen } = await withLease();
    await must(queen, STATUS, crumb());
    await must(queen, '/gpu/local/GPU-0/status', crumb({ event: 'EXIT', status: 'OK', exit_code: 0 }));
    const lines = (await textOf(queen, STATUS)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { job: 'worker-1', state: 'LEASED', fence: 1 },
      { event: 'START' },
      { event: 'EXIT', exit_code: 0 },
    ]);
    expect(await textOf(queen, '/gpu/local/GPU-0/status')).toBe(`${lines.join('\n')}\n`);
    expect(await textOf(queen, '/gpu/local/status')).toContain('"state":"PUBLISHED"');
  });

  it('can be followed', async () => {
    const { queen } = await withLease();
    const follow = await queen.follow(STATUS, undefined);
    if (!follow.ok) throw new Error(follow.refusal.detail);
    const next = follow.value.next();
    await must(queen, '/gpu/GPU-0/job', job('j1'));
    const chunk = await next;
    expect(Buffer.from((chunk.ok ? chunk.value : undefined) ?? []).toString()).toContain('"job":"j1","state":"QUEUED"');
    follow.value.stop();
  });

  it.each([
    ['a line of the hive', { job: 'j1', state: 'OK' }, 'invalid-payload'],
    ['no JSON', 'RUNNING', 'invalid-payload'],
    ['another schema', crumb({ schema: 'gpu-breadcrumb/v2' }), 'invalid-payload'],
    ['a status that is not of its event', crumb({ status: 'OK' }), 'invalid-payload'],
    ['an exit code of a start', crumb({ exit_code: 0 }), 'invalid-payload'],
    ['a field more', crumb({ secret: 'x' }), 'invalid-payload'],
    ['a command of 257 bytes', crumb({ command: 'x'.repeat(257) }), 'invalid-payload'],
    ['513 bytes', JSON.stringify(crumb({ worker: 'w' })).padEnd(513, ' '), 'too-big'],
    ['a terminal sequence', '{"schema":"gpu-breadcrumb/v1\u001b[2J"}', 'invalid-payload'],
    ['a fence that nobody has', crumb({ fence: 2 }), 'stale'],
    ['a command of 256 bytes', crumb({ command: 'x'.repeat(256) }), 'ok'],
    ['the breadcrumb of the source, without a fence', crumb({ fence: undefined }), 'ok'],
  ])('takes %s: %s', async (_, line, code) => {
    const { queen } = await withLease();
    const before = await textOf(queen, STATUS);
    expect(await codeOf(queen, STATUS, line)).toBe(code);
    if (code !== 'ok') expect(await textOf(queen, STATUS)).toBe(before);
  });

  it('is bounded: old lines go, and the loss is told', async () => {
    const hive = await place.start((manifest) => ({ ...manifest, gpu: { ...manifest.gpu, status_ring_bytes: 1024 } }));
    const queen = queenOf(hive);
    await must(queen, '/gpu/bridge/ctl', { publish: { host: 'local', gpus: [GPU] } });
    for (let count = 0; count < 20; count++)
      await must(queen, STATUS, crumb({ fence: undefined, command: `c${count}` }));
    const text = await textOf(queen, STATUS);
    expect(text).toMatch(/^~ lost bytes=\d+ next=\d+\n/);
    expect(text).toContain('"c19"');
    expect(text.length).toBeLessThan(1100);
  });

  it('is gone with its GPU', async () => {
    const { queen } = await withLease();
    await must(queen, '/gpu/ctl', { release: 'local' });
    expect(await textOf(queen, '/gpu/local/GPU-0/status')).toBe('invalid-path');
    await must(queen, '/gpu/bridge/ctl', { publish: { host: 'local', gpus: [GPU] } });
    expect(await textOf(queen, '/gpu/local/GPU-0/info')).toContain('Mock 4090');
  });
});

describe('two hosts', () => {
  it('have a place each; the short path is there only while one publishes', async () => {
    const hive = await place.start();
    const [first, second] = [queenOf(hive), hive.attach(await ticketOf(hive, { subject: 'other' }))];
    if (!second.ok) throw new Error(second.refusal.code);
    const fixed = ['bridge', 'ctl', 'models', 'telemetry'];
    await must(first, '/gpu/bridge/ctl', { publish: { host: 'a', gpus: [GPU] } });
    expect(await first.list('/gpu')).toEqual({ ok: true, value: ['GPU-0', 'a', ...fixed] });
    expect(await textOf(first, '/gpu/GPU-0/info')).toContain('Mock 4090');
    await must(second.value, '/gpu/bridge/ctl', { publish: { host: 'b', gpus: [{ ...GPU, name: 'Other' }] } });
    expect(await first.list('/gpu')).toEqual({ ok: true, value: ['a', 'b', ...fixed] });
    expect(await textOf(first, '/gpu/GPU-0/info')).toBe('invalid-path');
    expect(await codeOf(first, STATUS, crumb({ fence: undefined }))).toBe('invalid-path');
    expect(await textOf(first, '/gpu/a/GPU-0/info')).toContain('Mock 4090');
    expect(await textOf(first, '/gpu/b/GPU-0/info')).toContain('Other');
    await must(first, '/gpu/ctl', { release: 'a' });
    expect(await textOf(first, '/gpu/GPU-0/info')).toContain('Other');
    await must(first, STATUS, crumb({ fence: undefined }));
    expect(await textOf(first, '/gpu/b/GPU-0/status')).toContain('train');
  });
});

describe('a worker of a GPU', () => {
  it('is told of its jobs in its telemetry, and ticks not by itself', async () => {
    const { queen } = await withLease();
    await must(queen, '/gpu/GPU-0/job', job('j1'));
    expect(await textOf(queen, '/worker/worker-1/telemetry')).toBe('');
    const report = { host: 'local', gpu: 'GPU-0', job: 'j1', fence: 1 };
    await must(queen, '/gpu/bridge/jobs', { ...report, state: 'RUNNING' });
    await must(queen, '/gpu/bridge/jobs', { ...report, state: 'ERR', detail: 'out of memory' });
    expect(await textOf(queen, '/worker/worker-1/telemetry')).toBe(
      '{"job":"j1","state":"RUNNING","detail":"scheduled"}\n{"job":"j1","state":"ERR","detail":"out of memory"}\n',
    );
  });

  it('is told of them as frames where telemetry is frames', async () => {
    const hive = await place.start((manifest) => ({
      ...manifest,
      telemetry: { ...manifest.telemetry, frame_schema: 'cbor-v1' },
    }));
    const queen = queenOf(hive);
    await must(queen, '/gpu/bridge/ctl', { publish: { host: 'local', gpus: [GPU] } });
    const lease = { gpu_id: 'GPU-0', mem_mb: 1024, streams: 1, ttl_s: 600 };
    await must(queen, '/queen/ctl', { spawn: 'gpu', lease });
    await must(queen, '/gpu/GPU-0/job', job('j1'));
    const report = { host: 'local', gpu: 'GPU-0', job: 'j1', fence: 1 };
    await must(queen, '/gpu/bridge/jobs', { ...report, state: 'RUNNING' });
    await must(queen, '/gpu/bridge/jobs', { ...report, state: 'OK' });
    const bytes = await queen.read('/worker/worker-1/telemetry', 65_536);
    if (!bytes.ok) throw new Error(bytes.refusal.code);
    const frames = checkFrames(bytes.value, { worker: 'worker-1', role: 'worker-gpu', seq: -1 });
    expect(frames).toMatchObject({ ok: true, value: { sizes: { length: 2 } } });
  });

  it('writes no gpu-telemetry/v1 record that is none', async () => {
    const { hive } = await withLease();
    const worker = hive.attach(await ticketOf(hive, { role: 'worker-gpu', subject: 'worker-1' }));
    if (!worker.ok) throw new Error(worker.refusal.code);
    const record = {
      schema_version: 'gpu-telemetry/v1',
      device_id: 'GPU-0',
      model_id: 'm',
      time_window: 'ms:0-1000',
      token_count: 1,
      latency_histogram: [1],
    };
    const path = '/worker/worker-1/telemetry';
    expect(await codeOf(worker.value, path, record)).toBe('ok');
    expect(await codeOf(worker.value, path, { tick: 1 })).toBe('ok');
    expect(await codeOf(worker.value, path, { ...record, token_count: -1 })).toBe('invalid-payload');
    expect(await codeOf(worker.value, path, { ...record, lora_id: 'x'.repeat(129) })).toBe('invalid-payload');
    const labels = Object.fromEntries(
      ['device_id', 'model_id', 'lora_id', 'drift'].map((name) => [name, 'é'.repeat(128)]),
    );
    expect(await codeOf(worker.value, path, { ...record, ...labels })).toBe('ok');
  });

  it('ends with its lease, by the clock alone', async () => {
    const { queen } = await withLease(1);
    await vi.waitFor(async () => expect(await textOf(queen, '/gpu/GPU-0/lease')).toContain('RELEASED'), {
      timeout: 10_000,
    });
    await vi.waitFor(async () => expect(await queen.list('/worker')).toEqual({ ok: true, value: [] }));
    expect(await textOf(queen, '/proc/lease/active')).toBe('');
  });

  it('goes on after a start, with its lease and its job', async () => {
    const { hive, queen } = await withLease();
    await must(queen, '/gpu/GPU-0/job', job('j1'));
    await hive.stop();
    const again = await startQuiet(place.path);
    try {
      const later = queenOf(again);
      expect(await textOf(later, '/gpu/GPU-0/lease')).toContain('"state":"ACTIVE"');
      expect(await textOf(later, '/gpu/GPU-0/jobs')).toContain('"job":"j1"');
      expect(await textOf(later, STATUS)).toMatch(/"state":"LEASED".*since before.*\n.*"job":"j1","state":"QUEUED"/);
      await must(later, '/gpu/bridge/jobs', { host: 'local', gpu: 'GPU-0', job: 'j1', fence: 1, state: 'RUNNING' });
      expect(await textOf(later, STATUS)).toContain('"state":"RUNNING"');
    } finally {
      await again.stop();
    }
  });
});

it('a worker sees the GPU it holds a part of, by both paths, no other, and may give it jobs', async () => {
  const { hive, queen } = await withLease();
  const other = { ...GPU, id: 'GPU-1' };
  await must(queen, '/gpu/bridge/ctl', { publish: { host: 'local', gpus: [GPU, other] } });
  const attached = hive.attach(await ticketOf(hive, { role: 'worker-gpu', subject: 'worker-1' }));
  if (!attached.ok) throw new Error(attached.refusal.detail);
  const worker = attached.value;
  expect(await textOf(worker, '/gpu/GPU-0/info')).toContain('Mock 4090');
  expect(await textOf(worker, '/gpu/local/GPU-0/lease')).toContain('"ACTIVE"');
  expect(await worker.read('/gpu/GPU-1/info', 1 << 16)).toMatchObject({ refusal: { code: 'invalid-path' } });
  expect(await codeOf(worker, '/gpu/GPU-0/job', job('job-1'))).toBe('ok');
  expect(await codeOf(worker, '/gpu/GPU-0/ctl', 'RESET')).toBe('denied');
});

it('breadcrumbs are read line by line', () => {
  const text = `${JSON.stringify(crumb())}\n${JSON.stringify(crumb({ event: 'EXIT', status: 'ERR', exit_code: 1 }))}\n`;
  expect(breadcrumbsIn(Buffer.from(text))).toEqual({
    ok: true,
    value: [
      { event: 'START', fence: 1 },
      { event: 'EXIT', fence: 1 },
    ],
  });
  expect(breadcrumbsIn(Buffer.from([0xff, 0x0a]))).toMatchObject({ ok: false, refusal: { code: 'invalid-payload' } });
});
