// coh lease, against a real hive.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coh as cohAt } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

/** A line as it was sent. */
async function sent(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { line } = await live.json<{ line: string }>(argv);
  return JSON.parse(line);
}

describe('coh lease', () => {
  it('grants: the fence, and all that was asked for', async () => {
    const granted = await live.json(['lease', 'grant', 'port:1', '--subject', 'alice', '--ttl', '10m', '--id', 'l1']);
    expect(granted).toEqual({
      reply: {
        id: 'l1',
        state: 'active',
        resource: 'port:1',
        fence: expect.any(Number),
        expires_ms: expect.any(Number),
      },
      entry: expect.any(Number),
      line: '{"op":"grant","id":"l1","subject":"alice","resource":"port:1","ttl_s":600}',
    });
    const part = ['gpu:*', '--subject', 'bob', '--ttl', '1h', '--mem-mb', '4096', '--streams', '2', '--priority', '3'];
    expect(await sent(['lease', 'grant', ...part, '--max-total', '2h', '--queue-for', '5m', '--preempt'])).toEqual({
      op: 'grant',
      id: expect.stringMatching(/^lease-[0-9a-f]{10}$/),
      subject: 'bob',
      resource: 'gpu:*',
      ttl_s: 3600,
      priority: 3,
      mem_mb: 4096,
      streams: 2,
      max_total_s: 7200,
      wait: true,
      wait_s: 300,
      preempt: true,
    });
  });

  it('says in words what it did', async () => {
    const grant = ['lease', 'grant', 'port:2', '--subject', 'alice', '--ttl', '10m'];
    expect((await live.coh([...grant, '--id', 'l2'])).stdout).toMatch(
      /^granted l2 state=active resource=port:2 fence=\d+ expires=\d{4}-\d\d-\d\dT[\d:.]+Z\n$/,
    );
    expect((await live.coh([...grant, '--id', 'l3', '--queue'])).stdout).toMatch(
      /^queued the request l3 state=waiting /,
    );
  });

  it('tells the fence also when the lease is called like it', async () => {
    const { reply } = await live.json<{ reply: { fence: number } }>([
      'lease',
      'grant',
      'port:3',
      '--subject',
      'alice',
      '--ttl',
      '10m',
    ]);
    const next = String(reply.fence + 1);
    const { stdout } = await live.coh(['lease', 'grant', 'port:4', '--subject', 'alice', '--ttl', '10m', '--id', next]);
    expect(stdout).toContain(`granted ${next} state=active resource=port:4 fence=${next} `);
  });

  it('that is refused says what to do', async () => {
    const busy = await live.refused(['lease', 'grant', 'port:2', '--subject', 'eve', '--ttl', '10m']);
    expect(busy).toMatchObject({ exit: 6, said: 'coh: cannot grant port:2 (busy)' });
    expect(busy.advice).toContain('./coh lease list');
    expect(busy.advice).toContain('--queue');
    expect(await live.refused(['lease', 'renew', 'nope', '--ttl', '1m'])).toMatchObject({
      exit: 1,
      said: 'coh: cannot renew nope (not-found)',
      advice: expect.stringContaining('./coh lease list'),
    });
    expect(await live.refused(['lease', 'grant', 'a b', '--subject', 'x', '--ttl', '1m'])).toMatchObject({
      exit: 2,
      advice: expect.stringContaining('$.resource'),
    });
    expect(await live.refused(['lease', 'unquota', 'eve', 'port:2'])).toMatchObject({
      advice: expect.stringContaining('./coh lease quotas'),
    });
  });

  it.each([
    [['lease', 'grant', 'r', '--subject', 'x', '--ttl', '10'], 'A duration reads like 90s'],
    [['lease', 'grant', 'r', '--subject', 'x', '--ttl', '1m', '--priority', '1.5'], 'It takes a whole number.'],
    [['lease', 'grant', 'r', '--subject', 'x'], "required option '--ttl <duration>' not specified"],
    [['lease', 'list', '--limit', '0'], 'It takes 1 to 100000 rows.'],
    [['lease'], 'a command is missing'],
  ])('%j is no command line', async (argv, what) => {
    const { exit, said } = await live.refused(argv);
    expect({ exit, said }).toEqual({ exit: 2, said: expect.stringContaining(what) });
  });

  it('renews and releases, under the fence that is shown', async () => {
    const { fence } = await live.json<{ fence: number }>(['lease', 'show', 'l1']);
    expect(await sent(['lease', 'renew', 'l1', '--ttl', '20m', '--fence', String(fence), '--priority', '7'])).toEqual({
      op: 'renew',
      id: 'l1',
      ttl_s: 1200,
      priority: 7,
      fence,
    });
    expect((await live.refused(['lease', 'release', 'l1', '--fence', String(fence + 1)])).said).toContain('(stale)');
    expect((await live.coh(['lease', 'release', 'l1'])).stdout).toBe('released l1\n');
    expect((await live.coh(['lease', 'show', 'l1'])).stdout).toMatch(/^id +l1\nstate +ended\n/);
  });

  it('lists who has what, who waits, and what ended', async () => {
    const { leases } = await live.json<{ leases: unknown[] }>(['lease', 'list']);
    expect(leases).toContainEqual(
      expect.objectContaining({ id: 'l2', subject: 'alice', resource: 'port:2', ttl_s: 600, state: 'active' }),
    );
    expect(leases.at(-1)).toMatchObject({ id: 'l3', state: 'waiting', until_ms: expect.any(Number) });
    const [title, ...rows] = (await live.coh(['lease', 'list'])).stdout.trimEnd().split('\n');
    expect(title).toMatch(/^ID +SUBJECT +RESOURCE +STATE +PRIORITY +FENCE/);
    expect(rows).toHaveLength(leases.length);
    const one = (await live.coh(['lease', 'list', '--limit', '1'])).stdout;
    expect(one).toContain(`… and ${leases.length - 1} more`);
    expect(await live.json(['lease', 'history'])).toEqual({
      ended_leases: [expect.objectContaining({ id: 'l1', reason: 'released', fence: expect.any(Number) })],
    });
  });

  it('preempts, and keeps why', async () => {
    expect((await live.coh(['lease', 'preempt', 'l2', '--reason', 'maintenance'])).stdout).toMatch(
      /^preempted l2 fence=/,
    );
    expect((await live.json<{ preemptions: unknown[] }>(['lease', 'preemptions'])).preemptions).toEqual([
      expect.objectContaining({ id: 'l2', subject: 'alice', reason: 'maintenance' }),
    ]);
    expect((await live.refused(['lease', 'preempt', 'l2', '--reason', 'again'])).said).toContain('(not-found)');
  });

  it('sets quotas, shows and removes them', async () => {
    const limits = ['--max-active', '1', '--max-preemptions', '2'];
    expect((await live.coh(['lease', 'quota', 'carol', 'port:*', ...limits])).stdout).toBe('set the quota of carol\n');
    expect(await live.json(['lease', 'quotas'])).toEqual({
      quotas: [{ subject: 'carol', resource: 'port:*', max_active: 1, max_preemptions: 2 }],
    });
    await live.json(['lease', 'grant', 'port:7', '--subject', 'carol', '--ttl', '1m']);
    const more = await live.refused(['lease', 'grant', 'port:8', '--subject', 'carol', '--ttl', '1m']);
    expect(more).toMatchObject({ said: 'coh: cannot grant port:8 (exhausted)' });
    expect(more.advice).toContain('./coh lease quotas');
    expect((await live.coh(['lease', 'unquota', 'carol', 'port:*'])).stdout).toBe('removed the quota of carol\n');
    expect((await live.coh(['lease', 'quotas'])).stdout).toBe('no quotas\n');
  });

  it('shows what can be shared, and nothing by a path', async () => {
    expect((await live.json<{ resources: unknown[] }>(['lease', 'resources'])).resources).toContainEqual(
      expect.objectContaining({ resource: 'gpu:GPU-0', mem_mb: '4096/8192', streams: '2/4' }),
    );
    const wrong = await live.refused(['lease', 'show', '../summary']);
    expect(wrong).toMatchObject({ exit: 1, said: 'coh: cannot find lease ../summary (not-found)' });
  });

  it('completes ids and resources of the hive', async () => {
    const words = async (...line: string[]) =>
      (await live.coh(['__complete', '--', ...line])).stdout.trimEnd().split('\n');
    expect(await words('lease', 'renew', 'l')).toContain('l3');
    expect(await words('lease', 'grant', 'gpu')).toEqual(['gpu:GPU-0']);
    expect(await words('lease', 'gr')).toEqual(['grant']);
    expect(await words('lease', 'grant', '--max')).toEqual(['--max-total']);
  });

  it('tells when no hive answers', async () => {
    const { exit, stderr } = await cohAt(['lease', 'list', '--data', '/nonexistent']);
    expect({ exit, stderr }).toEqual({ exit: 8, stderr: expect.stringContaining('no hive answers') });
  });
});
