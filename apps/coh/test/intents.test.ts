// coh intent, coh epoch and coh status, against a real hive.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { capturedIo } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

describe('coh intent', () => {
  const send = ['intent', 'send', '/queen/lifecycle/ctl', 'cordon', '--id', 'stop-1', '--issued', '1700000000000'];

  it('carries a line out once, and tells the repeat the first answer', async () => {
    const first = await live.json<{ reply: Record<string, unknown> }>(send);
    expect(first).toMatchObject({
      reply: { state: 'DRAINING', dedupe: 'fresh', intent_entry: expect.any(Number) },
      line: '{"schema":"queen-intent/v1","id":"stop-1","idempotency_key":"stop-1","issued_unix_ms":1700000000000,"target":"/queen/lifecycle/ctl","cmd":"cordon"}',
    });
    expect((await live.json<{ reply: object }>(send)).reply).toEqual({ ...first.reply, dedupe: 'duplicate' });
  });

  it('joins words to a line, and makes a name when it is given none', async () => {
    const { line, reply } = await live.json<{ line: string; reply: object }>([
      'intent',
      'send',
      '/queen/lifecycle/ctl',
      'resume',
    ]);
    expect(JSON.parse(line)).toMatchObject({ id: expect.stringMatching(/^intent-/), cmd: 'resume' });
    expect(reply).toMatchObject({ state: 'ONLINE', dedupe: 'fresh' });
    const words = await live.refused(['intent', 'send', '/queen/lifecycle/ctl', 'two', 'words']);
    expect(words.advice).toContain('two words');
  });

  it('another line under the same name is refused', async () => {
    const other = send.map((word) => (word === 'cordon' ? 'drain' : word));
    expect(await live.refused(other)).toMatchObject({
      exit: 7,
      said: 'coh: cannot carry out stop-1 (exists)',
      advice: expect.stringContaining('./coh intent list'),
    });
  });

  it('that needs an approval names the line in it, and the command that sends it again', async () => {
    const refused = await live.refused(['intent', 'send', '/queen/ctl', '{"spawn":"host"}']);
    expect(refused).toMatchObject({ exit: 4, said: 'coh: cannot carry out /queen/ctl (needs-approval)' });
    expect(refused.advice).toContain(`approve /queen/ctl '{"spawn":"host"}'\n`);
    const again = /echo \/queen\/intents\/ctl '(.*)'\n/.exec(refused.advice)?.[1] ?? '';
    await live.json(['approve', '/queen/ctl', '{"spawn":"host"}']);
    expect((await live.coh(['echo', '/queen/intents/ctl', again])).stdout).toMatch(/id=worker-\d+ dedupe=fresh/);
  });

  it('--wait asks for the approval of the line in it', async () => {
    const captured = live.beside();
    const waiting = runCoh(['intent', 'send', '/queen/ctl', '{"spawn":"host"}', '--wait', '20'], captured.io);
    expect(await live.json(['approve', await pendingId()])).toMatchObject({
      path: '/queen/ctl',
      line: '{"spawn":"host"}',
    });
    expect(await waiting).toBe(0);
    expect(captured.stdout()).toMatch(/^carried out worker-\d+ dedupe=fresh intent_entry=\d+\n$/);
  });

  it('lists the latest, newest first', async () => {
    const { intents } = await live.json<{ intents: { id: string }[] }>(['intent', 'list']);
    expect(intents).toHaveLength(4);
    expect(intents.at(-1)).toMatchObject({ id: 'stop-1', subject: 'queen', target: '/queen/lifecycle/ctl' });
    expect((await live.coh(['intent', 'list'])).stdout).toMatch(
      /^ID +IDEMPOTENCY_KEY +TARGET +SUBJECT +ENTRY +ISSUED\n/,
    );
  });
});

describe('coh epoch', () => {
  it('shows, raises, and does not go back', async () => {
    expect(await live.json(['epoch'])).toEqual({
      epoch: 1,
      promotions: 0,
      promoted: null,
      promoted_ms: null,
      by: null,
      reason: null,
      required: false,
    });
    expect((await live.coh(['epoch', 'raise', '12', '--reason', 'hive-a is fenced off'])).stdout).toBe(
      'raised the writer epoch to 12\n',
    );
    expect(await live.json(['epoch', 'show'])).toMatchObject({
      epoch: 12,
      by: 'queen',
      reason: 'hive-a is fenced off',
    });
    expect(await live.refused(['epoch', 'raise', '12', '--reason', 'again'])).toMatchObject({
      exit: 7,
      said: 'coh: cannot raise the writer epoch to 12 (stale)',
      advice: expect.stringContaining('./coh epoch'),
    });
    expect((await live.refused(['epoch', 'raise', 'x', '--reason', 'y'])).exit).toBe(2);
  });
});

/** The id of the one open request, as soon as there is one. */
async function pendingId(): Promise<string> {
  for (;;) {
    const { pending } = await live.json<{ pending: { id: string }[] }>(['approvals']);
    if (pending[0] !== undefined) return pending[0].id;
  }
}

const SECTIONS =
  'lifecycle root journal epoch sessions workers approvals leases jobs host_tickets windows pressure'.split(' ');

describe('coh status', () => {
  it('is what the hive says, on one screen', async () => {
    await live.json(['lease', 'grant', 'port:1', '--subject', 'alice', '--ttl', '10m']);
    await live.json(['window', 'open', 'nightly', '--ttl', '1h']);
    const status = await live.json<Record<string, Record<string, unknown> | null>>(['status']);
    expect(Object.keys(status)).toEqual(SECTIONS);
    expect(status).toMatchObject({
      lifecycle: { state: 'ONLINE', since_ms: expect.any(Number) },
      journal: { state: 'open', seq: expect.any(Number) },
      epoch: { epoch: 12 },
      approvals: { pending: 0 },
      leases: { active: 1, waiting: 0 },
      jobs: { queue: 0, running: 0 },
      host_tickets: { queued: 0 },
      windows: { open: 1 },
    });
    const { stdout } = await live.coh(['status']);
    expect(stdout).toMatch(/^lifecycle +ONLINE since \S+Z /);
    expect(stdout).toMatch(/^leases +1 of 256 held, 0 waiting, 0 taken away$/m);
  });

  it('looks at nothing that is not there: looking is not counted as refused', async () => {
    const before = await live.json<Record<string, unknown>>(['status']);
    const after = await live.json<Record<string, unknown>>(['status']);
    expect(after.pressure).toEqual(before.pressure);
  });

  it('leaves out what a ticket does not show', async () => {
    const mint = [
      'ticket',
      'mint',
      '--role',
      'queen',
      '--subject',
      'eye',
      '--scope',
      '/proc/lease:r',
      '--out',
      'eye.ticket',
    ];
    await live.json(mint);
    const status = await live.json(['status', '--ticket', 'eye.ticket']);
    expect(status).toMatchObject({ lifecycle: null, journal: null, leases: { active: 1 } });
    expect((await live.coh(['status', '--ticket', 'eye.ticket'])).stdout).toMatch(/^leases +1 of 256 held/);
  });

  it('--watch draws again until Ctrl-C; a terminal is cleared first', async () => {
    const { COH_DATA = '' } = live.beside().io.env;
    const captured = capturedIo({ isTTY: true, env: { COH_DATA } });
    const watching = runCoh(['status', '--watch', '1'], captured.io);
    const clear = '\u001b[H\u001b[J';
    await captured.until(`${clear}lifecycle`);
    captured.signal('SIGINT');
    expect(await watching).toBe(0);
    const lines = live.beside();
    const asJson = runCoh(['status', '--watch', '--json'], lines.io);
    await lines.until('}\n');
    lines.signal('SIGINT');
    expect(await asJson).toBe(0);
    for (const line of lines.stdout().trimEnd().split('\n')) expect(Object.keys(JSON.parse(line))).toEqual(SECTIONS);
    expect((await live.refused(['status', '--watch', '0'])).exit).toBe(2);
  });
});
