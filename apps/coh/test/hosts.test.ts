// coh host, against a real hive: a made-up host is published, seen, ordered about; two publishers; one that is gone.

import { type HostOrder, HostPublisher, type HostSource, MockHost } from '@cohesix/bridges';
import { connect, type HiveClient } from '@cohesix/client';
import { loadKeyRing } from '@cohesix/node';
import { activeKey, mint } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCoh } from '../src/run.ts';
import type { CapturedIo } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive((manifest) => ({
    ...manifest,
    host: { ...manifest.host, providers: ['systemd', 'k8s', 'docker', 'nvidia', 'net', 'jetson'] },
  }));
});
afterAll(() => live?.stop());

/** A publisher that runs beside the test. */
interface Beside {
  readonly io: CapturedIo;
  readonly ended: Promise<number>;
}

const running: Beside[] = [];
afterEach(async () => {
  for (const { io, ended } of running.splice(0)) {
    io.signal('SIGINT');
    await ended;
  }
});

/** Publishes a host beside the test; resolves once it is declared under a new fence. */
async function publishing(host: string, ...more: string[]): Promise<Beside> {
  const io = live.beside();
  const ended = runCoh(['host', 'publish', '--mock', '--host', host, '--interval', '1', ...more], io.io);
  const beside = { io, ended };
  running.push(beside);
  await vi.waitFor(() => expect(io.stderr()).toContain(`publishing ${host} under fence`), { timeout: 10_000 });
  return beside;
}

interface StatusFile {
  readonly file: string;
  readonly now: string;
  readonly state: string;
}

async function filesOf(host: string): Promise<readonly StatusFile[]> {
  return (await live.json<{ files: StatusFile[] }>(['host', 'status', host])).files;
}

describe('coh host publish --mock', () => {
  it('says once how everything is: the states of every provider that the hive shows', async () => {
    const published = await live.json(['host', 'publish', '--mock', '--host', 'web-1', '--once', '--seed', '7']);
    expect(published).toEqual({ host: 'web-1', fence: expect.any(Number), lines: 12, orders: 0 });
    const files = await filesOf('web-1');
    expect(files.map(({ file, state }) => `${file} ${state}`)).toEqual(
      [
        'systemd/cohesix-agent.service/status',
        'systemd/ssh.service/status',
        'k8s/node/node-1/status',
        'docker/status',
        'nvidia/gpu/GPU-0/status',
        'nvidia/gpu/GPU-0/thermal',
        'nvidia/gpu/GPU-1/status',
        'nvidia/gpu/GPU-1/thermal',
        'net/eth0/status',
        'net/lo/status',
        'jetson/status',
        'jetson/thermal',
      ].map((file) => `${file} fresh`),
    );
    const now = (name: string): string => files.find(({ file }) => file === name)?.now ?? '';
    expect(now('systemd/ssh.service/status')).toBe('state=active sub=running');
    expect(now('k8s/node/node-1/status')).toBe('state=ready role=worker version=v1.34.2');
    expect(now('docker/status')).toMatch(/^version=\S+ containers=4 running=3 paused=0 stopped=1$/);
    expect(now('nvidia/gpu/GPU-0/status')).toMatch(
      /^util_pct=\d+ mem_used_mb=\d+ mem_total_mb=24576 temp_c=\d+ power_w=\d+$/,
    );
    expect(now('nvidia/gpu/GPU-1/thermal')).toMatch(/^temp_c=\d+$/);
    expect(now('net/lo/status')).toMatch(/^link=up addresses=127\.0\.0\.1 rx_bytes=\d+ tx_bytes=\d+$/);
  });

  it('is the default host without a name, and shows as its publisher', async () => {
    const { host, fence } = await live.json<{ host: string; fence: number }>(['host', 'publish', '--mock', '--once']);
    expect(host).toBe('local');
    const { hosts } = await live.json<{ hosts: object[] }>(['host', 'list']);
    expect(hosts).toContainEqual(
      expect.objectContaining({ host: 'local', publisher: 'queen', fence, units: 2, gpus: 2 }),
    );
    expect((await live.coh(['cat', '/host/systemd/ssh.service/status'])).stdout).toContain('state=active sub=running');
    expect((await live.coh(['host', 'status', 'local'])).stdout).toMatch(
      /^HOST +FILE +NOW +STATE +AGE_MS\nlocal +systemd/,
    );
  });

  it('carries out an order, and shows on the way what happens', async () => {
    await publishing('db-1');
    const done = await live.json(['host', 'order', 'systemd.start', 'ssh.service', '--host', 'db-1']);
    expect(done).toEqual({ order: expect.stringMatching(/^o\d+$/), host: 'db-1', state: 'done', message: 'active' });
    const seen = (await live.coh(['cat', '/host/db-1/systemd/ssh.service/status'])).stdout;
    expect(seen).toMatch(/state=activating sub=start\nstate=active sub=running\n/);
    expect((await live.coh(['host', 'order', 'k8s.drain', 'node-1', '--host', 'db-1'])).stdout).toMatch(
      /^order o\d+ done on db-1: drained\n$/,
    );
    await live.json(['host', 'order', 'nvidia.power_cap', 'GPU-0', '100', '--host', 'db-1']);
    const files = await filesOf('db-1');
    const watts = /power_w=(\d+)/.exec(files.find(({ file }) => file === 'nvidia/gpu/GPU-0/status')?.now ?? '')?.[1];
    expect(Number(watts)).toBeLessThanOrEqual(100);
    expect(files.find(({ file }) => file === 'k8s/node/node-1/status')?.now).toContain('state=drained');
  });

  it('tells of an order that fails why', async () => {
    await publishing('db-2');
    for (const name of ['a', 'b', 'c']) await live.json(['host', 'order', 'docker.stop', name, '--host', 'db-2']);
    expect(await live.refused(['host', 'order', 'docker.stop', 'd', '--host', 'db-2'])).toMatchObject({
      exit: 1,
      said: 'coh: cannot order docker.stop d (cancelled)',
      advice: expect.stringMatching(/Order o\d+ has failed: no container d runs\.\n/),
    });
  });

  it('ends with Ctrl-C and says what it did; the host stays declared', async () => {
    const { io, ended } = await publishing('db-3');
    await live.json(['host', 'order', 'systemd.stop', 'ssh.service', '--host', 'db-3']);
    io.signal('SIGINT');
    expect(await ended).toBe(0);
    expect(io.stdout()).toMatch(/^published db-3 under fence \d+: \d+ lines, 1 orders\n$/);
    const { hosts } = await live.json<{ hosts: { host: string }[] }>(['host', 'list']);
    expect(hosts.map(({ host }) => host)).toContain('db-3');
  });

  it('by somebody else is refused while one publishes, until it is released', async () => {
    await live.json(['host', 'publish', '--mock', '--host', 'web-2', '--once']);
    await live.json(['ticket', 'mint', '--role', 'queen', '--subject', 'other', '--out', 'other.ticket']);
    const other = ['host', 'publish', '--mock', '--host', 'web-2', '--once', '--ticket', 'other.ticket'];
    expect(await live.refused(other)).toMatchObject({
      exit: 6,
      said: 'coh: cannot publish host web-2 (busy)',
      advice: expect.stringContaining('./coh --ticket other.ticket host release web-2'),
    });
    expect((await live.coh(['host', 'release', 'web-2', '--reason', 'gone'])).stdout).toBe('released web-2\n');
    expect((await live.coh(other)).exit).toBe(0);
    expect((await live.coh(['echo', '/host/web-2/docker/status', 'x=1'])).exit).toBe(3);
  });

  it('with the ticket that help names does its work on its host, and on no other', async () => {
    const help = (await live.coh(['host', 'publish', '--help'])).stdout
      .replace(/\s+/g, ' ')
      .replaceAll('HOST:rw', 'web-3:rw');
    const scopes = [...help.matchAll(/--scope (\S+)/g)].flatMap(([, scope = '']) => ['--scope', scope]);
    await live.json(['ticket', 'mint', '--role', 'queen', '--subject', 'bridge', '--out', 'bridge.ticket', ...scopes]);
    const as = ['--ticket', 'bridge.ticket'];
    expect((await live.coh(['host', 'publish', '--mock', '--host', 'web-3', '--once', ...as])).exit).toBe(0);
    expect((await live.refused(['host', 'publish', '--mock', '--host', 'web-9', '--once', ...as])).exit).toBe(3);
    const { hosts } = await live.json<{ hosts: { host: string }[] }>(['host', 'list']);
    expect(hosts.map(({ host }) => host)).not.toContain('web-9');
    expect((await live.refused(['host', 'release', 'local', ...as])).exit).toBe(3);
    expect((await live.refused(['kill', 'worker-1', ...as])).said).toMatch(/\((denied|invalid-path)\)$/);
  });

  it('needs to say that it is made up, and takes a name that a host can have', async () => {
    expect(await live.refused(['host', 'publish'])).toMatchObject({ exit: 2 });
    expect(await live.refused(['host', 'publish', '--mock', '--host', 'tickets', '--once'])).toMatchObject({
      exit: 2,
      said: 'coh: cannot publish host tickets (invalid-payload)',
    });
  });
});

describe('coh host order', () => {
  it('under a rule asks for an approval, and is carried out after it', async () => {
    const unruled = await live.refused(['host', 'order', 'systemd.restart', 'ssh.service']);
    expect(unruled).toMatchObject({ exit: 4, said: 'coh: cannot order systemd.restart ssh.service (needs-approval)' });
    expect(unruled.advice).toContain('approve /host/systemd/ssh.service/restart restart');
    await publishing('local');
    const byName = ['host', 'order', 'systemd.restart', 'ssh.service', '--host', 'local'];
    expect((await live.refused(byName)).exit, 'a rule about the short path').toBe(4);
    await live.json(['approve', '/host/local/systemd/ssh.service/restart', 'restart']);
    expect(await live.json(byName)).toMatchObject({ state: 'done', message: 'active' });
    expect((await live.coh(['cat', '/log/queen.log'])).stdout).toMatch(
      /host-write outcome=allow role=queen ticket=\S+ path=\/host\/local\/systemd\/ssh\.service\/restart control=systemd\.restart bytes=7 order=o\d+\n/,
    );
  });

  it('that nobody takes up says so, and stands in the list', async () => {
    await live.json(['host', 'declare', 'idle-1', '--units', 'a.service', '--units', 'b.service']);
    const waiting = ['host', 'order', 'systemd.stop', 'a.service', '--host', 'idle-1'];
    expect(await live.refused([...waiting, '--answer', '1'])).toMatchObject({
      exit: 8,
      said: 'coh: cannot order systemd.stop a.service (timeout)',
      advice: expect.stringContaining('./coh host list'),
    });
    expect(await live.json([...waiting, '--answer', '0'])).toMatchObject({ host: 'idle-1', state: 'queued' });
    expect((await live.coh(['host', 'orders'])).stdout).toMatch(/^ID +HOST +CONTROL +MEMBER +VALUE +STATE +BY/);
    const { host_orders: orders } = await live.json<{ host_orders: object[] }>(['host', 'orders']);
    expect(orders.at(-1)).toMatchObject({
      host: 'idle-1',
      control: 'systemd.stop',
      member: 'a.service',
      state: 'queued',
    });
  });

  it('is answered by hand as by a bridge', async () => {
    const { fence } = (await live.json<{ reply: { fence: number } }>(['host', 'declare', 'hand-1', '--gpus', '0']))
      .reply;
    const { order } = await live.json<{ order: string }>([
      ...['host', 'order', 'nvidia.power_cap', '0', '200', '--host', 'hand-1', '--answer', '0'],
    ]);
    const say = (state: string): string[] => ['host', 'result', 'hand-1', order, state, '--fence', String(fence)];
    expect(await live.refused(say('done'))).toMatchObject({ exit: 7 });
    await live.json(say('taken'));
    expect((await live.coh([...say('done'), '--message', 'set'])).stdout).toContain(`reported`);
    expect((await live.refused(['host', 'result', 'hand-1', order, 'failed', '--fence', '99'])).said).toContain(
      '(stale)',
    );
  });

  it('of what is not there is refused', async () => {
    expect((await live.refused(['host', 'order', 'systemd.stop', 'nope', '--host', 'local'])).exit).toBe(1);
    expect((await live.refused(['host', 'order', 'systemd.fly', 'ssh.service'])).exit).toBe(2);
    expect((await live.refused(['host', 'status', 'nowhere'])).exit).toBe(1);
    expect((await live.coh(['__complete', '--', 'host', 'release', 'web-'])).stdout).toContain('web-1\n');
  });
});

describe('a publisher', () => {
  async function client(subject: string): Promise<HiveClient> {
    const keys = await loadKeyRing(live.hive.paths);
    if (!keys.ok) throw new Error(keys.refusal.detail);
    const claims = {
      id: randomTicketId(),
      audience: live.hive.manifest.hive.audience,
      role: 'queen',
      subject,
    } as const;
    const ticket = mint(nodeTicketCrypto, activeKey(keys.value), claims);
    if (!ticket.ok) throw new Error(ticket.refusal.detail);
    const session = await connect({ url: `unix:${live.hive.addresses.socket}`, role: 'queen', ticket: ticket.value });
    if (!session.ok) throw new Error(session.refusal.detail);
    return session.value;
  }

  /** Does nothing, and counts what it was asked to do. */
  class Counting implements HostSource {
    readonly members = new MockHost(1).members;
    readonly asked: string[] = [];
    readonly line: string;
    constructor(line = 'state=active') {
      this.line = line;
    }
    sample(provider: string): ReturnType<HostSource['sample']> {
      return Promise.resolve(provider === 'docker' ? [{ file: 'docker/status', line: this.line }] : []);
    }
    carryOut({ value }: HostOrder): ReturnType<HostSource['carryOut']> {
      this.asked.push(value);
      return Promise.resolve({ state: 'done', message: 'counted' });
    }
  }

  it('that comes again takes what waits, once; the one before finds itself stale', async () => {
    const session = await client('twice');
    const [first, second] = [new Counting(), new Counting()];
    const told: string[] = [];
    const make = (source: HostSource): HostPublisher =>
      new HostPublisher({ client: session, host: 'twice-1', source, tell: (line) => told.push(line) });
    const [before, after] = [make(first), make(second)];
    expect((await before.declare()).ok).toBe(true);
    expect((await after.declare()).ok).toBe(true);
    for (const value of ['a', 'b']) await session.append('/host/twice-1/docker/restart', value);
    expect(await before.obey()).toEqual({ ok: true, value: 0 });
    expect(told).toEqual([
      expect.stringMatching(/ docker\.restart not taken: stale$/),
      expect.stringMatching(/ docker\.restart not taken: stale$/),
    ]);
    expect(await after.obey()).toEqual({ ok: true, value: 2 });
    expect(await after.obey()).toEqual({ ok: true, value: 0 });
    expect([first.asked, second.asked]).toEqual([[], ['a', 'b']]);
    await session.close();
  });

  it('whose machine says what is no plain text is refused, and nothing of it is kept', async () => {
    const session = await client('rude');
    const rude = new HostPublisher({
      client: session,
      host: 'rude-1',
      source: new Counting('state=\u001b[2J\u001b[31mroot'),
      tell: () => undefined,
    });
    await rude.declare();
    const published = await rude.publish();
    expect(published.ok ? '' : published.refusal.code).toBe('invalid-payload');
    const read = await session.read('/host/rude-1/docker/status');
    expect(read.ok && new TextDecoder().decode(read.value)).toBe('state=unknown reason=not-published\n');
    await session.close();
  });
});
