// coh workers, against a real hive: the fleet as a table and as JSON, now and as it was, and what a narrowed ticket sees of it.

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive((manifest) => ({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    workers: { ...manifest.workers, start: [], heartbeat_interval_ms: 60_000 },
  }));
});
afterAll(() => live?.stop());

interface Listed {
  readonly workers: readonly Record<string, string | number | null>[];
}

it('says that there are none', async () => {
  expect((await live.coh(['workers'])).stdout).toBe('no workers\n');
});

it('lists them in the order of their numbers, with what each used of its budget', async () => {
  await live.json(['spawn', 'heartbeat', 'ticks=1000', '--count', '11']);
  await live.json(['kill', 'worker-2']);
  const { workers } = await live.json<Listed>(['workers']);
  expect(workers.map(({ id }) => id)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((number) => `worker-${number}`));
  expect(workers[0]).toMatchObject({
    kind: 'heartbeat',
    ticks: '0/1000',
    ops: '0/10000',
    expires_ms: expect.any(Number),
  });
  await vi.waitFor(async () => {
    const { stdout } = await live.coh(['workers', '--limit', '2']);
    const [titles = '', first = '', , more] = stdout.split('\n');
    expect(titles.split(/\s+/)).toEqual(['ID', 'KIND', 'STATE', 'TICKS', 'OPS', 'LEFT']);
    expect(first).toMatch(/^worker-1\s+heartbeat\s+running\s+0\/1000\s+0\/10000\s+[34] min/);
    expect(more).toContain('and 8 more');
  });
});

it('shows a ticket what it sees', async () => {
  const scopes = ['--scope', '/proc:r', '--scope', '/worker/worker-3:r'];
  const { stdout: ticket } = await live.coh(['ticket', 'mint', '--role', 'queen', '--subject', 'some', ...scopes]);
  const { stdout } = await live.coh(['workers', '--ticket', '-'], { stdin: ticket });
  expect(stdout.match(/^worker-\d+/gm)).toEqual(['worker-3']);
});

it('shows the fleet as it was', async () => {
  const text = (await live.coh(['cat', '/proc/journal'])).stdout;
  const line = / seq=(\d+) /.exec(text)?.[1] ?? '';
  const before = (await live.coh(['cat', '/proc/fleet'])).stdout;
  await live.json(['kill', 'worker-1']);
  expect((await live.coh(['cat', '/proc/fleet'])).stdout).not.toBe(before);
  expect((await live.coh(['at', line, 'cat', '/proc/fleet'])).stdout).toBe(before);
});
