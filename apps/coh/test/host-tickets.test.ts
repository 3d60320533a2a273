// coh host-ticket and coh window, against a real hive.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

const RESTART = ['host-ticket', 'send', 'systemd.restart', '--target', 'ssh.service'];

describe('coh host-ticket', () => {
  it('sends once, however often', async () => {
    const first = await live.json([...RESTART, '--key', 'r7', '--arg', 'mode=replace', '--arg', 'why=a=b']);
    expect(first).toEqual({
      reply: { id: 'r7', state: 'queued', entry: expect.any(Number) },
      entry: expect.any(Number),
      line: '{"schema":"host-ticket/v1","id":"r7","idempotency_key":"r7","action":"systemd.restart","target":"ssh.service","args":{"mode":"replace","why":"a=b"}}',
    });
    const again = await live.json([...RESTART, '--key', 'r7', '--arg', 'mode=replace', '--arg', 'why=a=b']);
    expect(again).toMatchObject({ reply: { id: 'r7', state: 'queued', duplicate: true }, line: first.line });
  });

  it('without a name makes one; with an end until then', async () => {
    const { line } = await live.json<{ line: string }>([
      'host-ticket',
      'send',
      'k8s.drain',
      '--expires',
      '2100-01-31T08:00:00Z',
    ]);
    const { id, idempotency_key: key, expires_unix_ms: expires } = JSON.parse(line);
    expect(id).toMatch(/^host-ticket-[0-9a-f]{10}$/);
    expect([key, expires]).toEqual([id, Date.UTC(2100, 0, 31, 8)]);
  });

  it('that is refused says what to do', async () => {
    expect(await live.refused([...RESTART, '--key', 'r7'])).toMatchObject({
      exit: 7,
      said: 'coh: cannot send systemd.restart (exists)',
      advice: expect.stringContaining('./coh host-ticket show r7\n'),
    });
    expect(await live.refused(['host-ticket', 'send', 'rm.everything'])).toMatchObject({
      said: 'coh: cannot send rm.everything (unsupported)',
      advice: expect.stringContaining('./coh manifest show'),
    });
    expect(await live.refused([...RESTART, '--arg', 'x'])).toMatchObject({ exit: 2 });
    expect((await live.refused([...RESTART, '--arg', 'x=1', '--arg', 'x=2'])).said).toContain('x is given twice');
    expect(await live.refused([...RESTART, '--epoch', '99'])).toMatchObject({
      said: expect.stringContaining('(stale)'),
      advice: expect.stringContaining('./coh epoch'),
    });
  });

  it('is claimed, kept, reported and listed', async () => {
    expect((await live.refused(['host-ticket', 'report', 'r7', 'running'])).said).toContain('(invalid-transition)');
    const claimed = await live.json<{ reply: { fence: number }; line: string }>([
      'host-ticket',
      'claim',
      'r7',
      '--ttl',
      '5m',
    ]);
    expect(JSON.parse(claimed.line)).toEqual({
      schema: 'host-ticket-result/v1',
      state: 'claimed',
      id: 'r7',
      idempotency_key: 'r7',
      action: 'systemd.restart',
      claim_ttl_s: 300,
    });
    const fence = String(claimed.reply.fence);
    expect((await live.coh(['host-ticket', 'report', 'r7', 'running', '--fence', fence])).stdout).toContain(
      'state=running',
    );
    expect((await live.refused(['host-ticket', 'report', 'r7', 'running', '--fence', '99'])).said).toContain('(stale)');
    const { host_tickets: tickets } = await live.json<{ host_tickets: unknown[] }>(['host-ticket', 'list']);
    expect(tickets[0]).toMatchObject({ id: 'r7', target: 'ssh.service', state: 'running', by: 'queen', attempts: 1 });
    expect((await live.coh(['host-ticket', 'list'])).stdout).toMatch(/^ID +ACTION +TARGET +STATE +BY +FENCE/);
  });

  it('ends well, or is given up', async () => {
    expect((await live.coh(['host-ticket', 'report', 'r7', 'succeeded', '--message', 'active'])).stdout).toContain(
      'succeeded',
    );
    await live.json([...RESTART, '--key', 'r8']);
    await live.json(['host-ticket', 'claim', 'r8']);
    const failed = await live.json<{ line: string }>([
      'host-ticket',
      'report',
      'r8',
      'failed',
      '--message',
      'no such unit',
    ]);
    expect(JSON.parse(failed.line)).toMatchObject({ id: 'r8', state: 'failed', message: 'no such unit' });
    expect(await live.json(['host-ticket', 'dead'])).toEqual({
      dead_orders: [expect.objectContaining({ id: 'r8', state: 'failed', message: 'no such unit' })],
    });
    const { ended_host_tickets: ended } = await live.json<{ ended_host_tickets: { id: string }[] }>([
      'host-ticket',
      'history',
    ]);
    expect(ended.map(({ id }) => id)).toEqual(['r7', 'r8']);
    expect(await live.json(['host-ticket', 'show', 'r7'])).toMatchObject({
      id: 'r7',
      state: 'succeeded',
      message: 'active',
    });
  });

  it('is taken back while nobody has it', async () => {
    await live.json([...RESTART, '--key', 'unwanted']);
    const cancelled = await live.coh(['host-ticket', 'cancel', 'unwanted', '--reason', 'a mistake']);
    expect(cancelled.stdout).toBe('cancelled unwanted state=failed\n');
    expect(await live.json(['host-ticket', 'show', 'unwanted'])).toMatchObject({
      message: 'cancelled by queen: a mistake',
    });
    expect(await live.refused(['host-ticket', 'cancel', 'unwanted'])).toMatchObject({
      exit: 7,
      said: 'coh: cannot cancel unwanted (invalid-transition)',
      advice: expect.stringContaining('./coh host-ticket show unwanted\n'),
    });
    await live.json([...RESTART, '--key', 'begun']);
    await live.json(['host-ticket', 'claim', 'begun']);
    expect((await live.refused(['host-ticket', 'cancel', 'begun'])).said).toBe('coh: cannot cancel begun (busy)');
  });

  it('that several hives asked for must be named with its hive', async () => {
    for (const hive of ['hive-a', 'hive-b'])
      await live.json([...RESTART, '--key', 'both', '--from', hive, '--at', 'here']);
    const which = await live.refused(['host-ticket', 'claim', 'both']);
    expect(which).toMatchObject({ exit: 2, said: 'coh: cannot find host-ticket both (invalid-payload)' });
    expect(which.advice).toContain('hive-a to here, hive-b to here');
    const claimed = await live.json<{ line: string }>(['host-ticket', 'claim', 'both', '--from', 'hive-b']);
    expect(JSON.parse(claimed.line)).toMatchObject({ source_hive: 'hive-b', target_hive: 'here' });
    expect(await live.json(['host-ticket', 'show', 'both', '--from', 'hive-a'])).toMatchObject({ state: 'queued' });
  });

  it('that is not there is not found, and ids complete', async () => {
    for (const words of [['show'], ['claim'], ['report']]) {
      const state = words[0] === 'report' ? ['running'] : [];
      expect(await live.refused(['host-ticket', ...words, 'nope', ...state])).toMatchObject({
        exit: 1,
        said: 'coh: cannot find host-ticket nope (not-found)',
        advice: expect.stringContaining('./coh host-ticket list'),
      });
    }
    expect((await live.coh(['__complete', '--', 'host-ticket', 'claim', 'host-ticket-'])).stdout).toMatch(
      /^host-ticket-[0-9a-f]{10}\n$/,
    );
    expect((await live.coh(['__complete', '--', 'host-ticket', 'report', 'x', 's'])).stdout).toBe('succeeded\n');
  });

  it('an agent with the ticket that help names can do its work, and no more', async () => {
    const help = (await live.coh(['host-ticket', 'claim', '--help'])).stdout.replace(/\s+/g, ' ');
    const scopes = [...help.matchAll(/--scope (\S+)/g)].map(([, scope = '']) => scope);
    const mint = ['ticket', 'mint', '--role', 'queen', '--subject', 'agent', '--out', 'agent.ticket'];
    await live.json([...mint, ...scopes.flatMap((scope) => ['--scope', scope])]);
    const as = ['--ticket', 'agent.ticket'];
    await live.json([...RESTART, '--key', 'r9']);
    expect((await live.json<{ host_tickets: unknown[] }>(['host-ticket', 'list', ...as])).host_tickets).toContainEqual(
      expect.objectContaining({ id: 'r9', state: 'queued', target: 'ssh.service' }),
    );
    const claimed = await live.json(['host-ticket', 'claim', 'r9', ...as]);
    expect(claimed).toMatchObject({ reply: { id: 'r9', state: 'claimed' } });
    expect((await live.refused(['host-ticket', 'report', 'r9', 'succeeded'])).said).toContain('(denied)');
    expect(await live.json(['host-ticket', 'report', 'r9', 'succeeded', ...as])).toMatchObject({ reply: { id: 'r9' } });
    expect((await live.refused([...RESTART, '--key', 'r10', ...as])).exit).toBe(3);
  });
});

describe('coh window', () => {
  it('opens, lists and closes', async () => {
    const opened = await live.json(['window', 'open', 'nightly', '--ttl', '1h']);
    expect(opened).toMatchObject({
      reply: { id: 'nightly', expires_ms: expect.any(Number) },
      line: '{"op":"open","id":"nightly","ttl_s":3600}',
    });
    expect(await live.json(['window', 'list'])).toEqual({
      windows: [expect.objectContaining({ id: 'nightly', ttl_s: 3600, by: 'queen' })],
    });
    expect((await live.coh(['__complete', '--', 'window', 'close', ''])).stdout).toBe('nightly\n');
    expect((await live.coh(['window', 'close', 'nightly', '--reason', 'done'])).stdout).toBe('closed nightly\n');
    expect((await live.coh(['window', 'list'])).stdout).toBe('no open export windows\n');
  });

  it('that is not open cannot be closed', async () => {
    expect(await live.refused(['window', 'close', 'nightly'])).toMatchObject({
      exit: 1,
      said: 'coh: cannot close nightly (not-found)',
      advice: expect.stringContaining('./coh window list'),
    });
    expect((await live.refused(['window', 'open', 'a/b', '--ttl', '1h'])).exit).toBe(2);
  });
});
