// coh job, against a real hive.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

const QUEUE = ['job', 'queue', '--budget', '1m'];

describe('coh job', () => {
  it('queues, with every field', async () => {
    const more = ['--role', 'render', '--priority', '9', '--deadline', '5m', '--retries', '2'];
    const need = ['--resource', 'gpu:GPU-0', '--mem-mb', '1024', '--streams', '1'];
    const queued = await live.json<{ reply: object; line: string }>([...QUEUE, '--ticks', '3', ...more, ...need]);
    expect(queued.reply).toEqual({ id: expect.stringMatching(/^job-[0-9a-f]{10}$/), seq: 1 });
    expect(JSON.parse(queued.line)).toEqual({
      id: expect.stringMatching(/^job-/),
      role: 'render',
      priority: 9,
      ticks: 3,
      budget_ms: 60_000,
      deadline_ms: 300_000,
      retries: 2,
      resource: 'gpu:GPU-0',
      mem_mb: 1024,
      streams: 1,
    });
  });

  it('watch tells each change until the job has ended, and how', async () => {
    await live.json([...QUEUE, '--ticks', '3', '--id', 'quick']);
    const { exit, stdout } = await live.coh(['job', 'watch', 'quick']);
    expect(exit).toBe(0);
    const last = stdout.trimEnd().split('\n').at(-1);
    expect(last).toMatch(/^quick succeeded attempt=1 worker=worker-\d+ ended=\S+Z reason="tick budget exhausted"$/);
  });

  it('watch ends with status 1 when the job did not succeed, in JSON one record a change', async () => {
    await live.json([...QUEUE, '--ticks', '100000', '--id', 'long']);
    const captured = live.beside();
    const watching = runCoh(['job', 'watch', 'long', '--json'], captured.io);
    await captured.until('"state":"running"');
    expect((await live.coh(['job', 'cancel', 'long'])).stdout).toMatch(/^cancelled long state=ending\n$/);
    expect(await watching).toBe(1);
    const states = captured
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string; state: string }).state);
    expect(states.at(-1)).toBe('cancelled');
  });

  it('watch ends with Ctrl-C, and leaves the job alone', async () => {
    await live.json([...QUEUE, '--ticks', '5', '--role', 'nobody', '--id', 'waits']);
    const captured = live.beside();
    const watching = runCoh(['job', 'watch', 'waits'], captured.io);
    await captured.until('waits queued');
    captured.signal('SIGINT');
    expect(await watching).toBe(130);
    expect(await live.json(['job', 'show', 'waits'])).toMatchObject({ id: 'waits', state: 'queued', ticks: 5 });
  });

  it('lists what waits and why, and what ended', async () => {
    const { jobs } = await live.json<{ jobs: { id: string }[] }>(['job', 'list']);
    expect(jobs.map(({ id }) => id)).toEqual([expect.stringMatching(/^job-/), 'waits']);
    expect(jobs[1]).toMatchObject({ state: 'queued', role: 'nobody', priority: 0, waits: 'no-executor', worker: null });
    expect((await live.coh(['job', 'list'])).stdout).toMatch(/^ID +STATE +ROLE +PRIORITY +ATTEMPT +WAITS +QUEUED\n/);
    const { ended_jobs: ended } = await live.json<{ ended_jobs: unknown[] }>(['job', 'history']);
    expect(ended).toEqual([
      expect.objectContaining({ id: 'quick', state: 'succeeded' }),
      expect.objectContaining({ id: 'long', state: 'cancelled' }),
    ]);
  });

  it('cancels and hands out; another than the head is refused', async () => {
    const wrong = await live.refused(['job', 'dequeue', 'waits']);
    expect(wrong).toMatchObject({ exit: 7, said: 'coh: cannot dequeue waits (stale)' });
    expect(wrong.advice).toContain('./coh job list');
    const { jobs } = await live.json<{ jobs: { id: string }[] }>(['job', 'list']);
    expect((await live.coh(['job', 'dequeue', jobs[0]?.id ?? ''])).stdout).toContain('state=dequeued');
    expect((await live.coh(['job', 'cancel', 'waits'])).stdout).toBe('cancelled waits state=cancelled\n');
    expect((await live.coh(['job', 'list'])).stdout).toBe('no jobs\n');
  });

  it('that is refused says what to do', async () => {
    expect(await live.refused(['job', 'cancel', 'nope'])).toMatchObject({
      exit: 1,
      said: 'coh: cannot cancel nope (not-found)',
      advice: expect.stringContaining('./coh job list'),
    });
    expect(await live.refused([...QUEUE, '--ticks', '0'])).toMatchObject({
      exit: 2,
      advice: expect.stringContaining('$.ticks'),
    });
    for (const verb of ['show', 'watch'])
      expect(await live.refused(['job', verb, 'nope'])).toMatchObject({
        exit: 1,
        advice: expect.stringContaining('./coh job history'),
      });
  });

  it('completes ids of jobs that have not ended', async () => {
    await live.json([...QUEUE, '--ticks', '5', '--role', 'nobody', '--id', 'to-do']);
    expect((await live.coh(['__complete', '--', 'job', 'cancel', ''])).stdout).toBe('to-do\n');
  });
});
