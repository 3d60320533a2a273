// TLS at the 9P door, the console and the gateway, with and without client certificates: who gets in, who does not and what
// they are told, and that nobody is served in plain text or for ever in a handshake.

import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConnectOptions, connect, type HiveClient } from '@cohesix/client';
import { openHttp } from '@cohesix/coh';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import type { Result } from '@cohesix/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeAuthority, opensslMissing, pem, type TestAuthority, type TestCertificate } from '../support/tls.ts';
import { runTool } from '../support/tool.ts';

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const ONCE = { attempts: 1, backoffMs: 0, ceilingMs: 0, timeoutMs: 5000 };
const DOORS = ['9ps', 'consoles', 'wss', 'https'] as const;
type DoorScheme = (typeof DOORS)[number];

describe.skipIf(opensslMissing !== undefined)(
  `TLS${opensslMissing === undefined ? '' : ` (${opensslMissing})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'cohesix-tls-'));
    const open: Hive[] = [];
    let authority: TestAuthority;
    let stranger: TestAuthority;
    let server: TestCertificate;
    let client: TestCertificate;

    beforeAll(async () => {
      authority = await makeAuthority(join(folder, 'ours'), 'authority');
      stranger = await makeAuthority(join(folder, 'theirs'), 'stranger');
      server = await authority.issue('hive');
      client = await authority.issue('operator');
    });
    afterEach(async () => {
      for (const hive of open.splice(0)) await hive.stop();
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    async function start(tls: Partial<Manifest['tls']>): Promise<Hive> {
      const started = await tryStart(tls);
      if (!started.ok) throw new Error(started.refusal.detail);
      open.push(started.value);
      return started.value;
    }

    function tryStart(tls: Partial<Manifest['tls']>): Promise<Result<Hive>> {
      const adjust = (manifest: Manifest): Manifest => ({
        ...manifest,
        listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0', http: '127.0.0.1:0' },
        secure9p: { ...manifest.secure9p, handshake_timeout_ms: 200 },
        tls: { ...manifest.tls, certificate: server.cert, key: server.key, ...tls },
      });
      return startHive({ directory: mkdtempSync(join(folder, 'hive-')), adjust, openHttp });
    }

    function portOf(hive: Hive, scheme: DoorScheme): number {
      const { secure9p, console: lines, http } = hive.addresses;
      const at = scheme === '9ps' ? secure9p : scheme === 'consoles' ? lines : undefined;
      return at !== undefined && 'port' in at ? at.port : Number(new URL(http ?? '').port);
    }

    function attach(
      hive: Hive,
      scheme: string,
      tls: ConnectOptions['tls'],
      port?: number,
    ): Promise<Result<HiveClient>> {
      const read = (path: string): string => readFileSync(path, 'utf8').trim();
      const at = port ?? portOf(hive, scheme as DoorScheme);
      return connect({
        url: `${scheme}://127.0.0.1:${at}`,
        role: 'queen',
        ticket: read(hive.paths.queenTicket),
        consoleToken: read(hive.paths.consoleToken),
        retry: ONCE,
        ...(tls === undefined ? {} : { tls }),
      });
    }

    const trust = (): { readonly ca: string } => ({ ca: pem(authority.ca) });
    const shown = (one: TestCertificate = client): ConnectOptions['tls'] => ({
      ...trust(),
      cert: pem(one.cert),
      key: pem(one.key),
    });

    for (const scheme of DOORS) {
      it(`serves ${scheme}:// to a client that believes its authority`, async () => {
        const hive = await start({});
        const attached = await attach(hive, scheme, trust());
        if (!attached.ok) throw new Error(attached.refusal.detail);
        const boot = await attached.value.read('/proc/boot');
        expect(boot.ok && Buffer.from(boot.value).toString()).toContain('Cohesix');
        await attached.value.close();
      });

      it(`is not believed over ${scheme}:// by a client that does not know its authority`, async () => {
        const hive = await start({});
        const attached = await attach(hive, scheme, { ca: pem(stranger.ca) });
        expect(attached).toMatchObject({ ok: false, refusal: { code: 'unreachable' } });
      });

      it(`asks for a client certificate over ${scheme}://`, async () => {
        const hive = await start({ client_ca: authority.ca });
        const attached = await attach(hive, scheme, shown());
        if (!attached.ok) throw new Error(attached.refusal.detail);
        expect((await attached.value.list('/')).ok).toBe(true);
        await attached.value.close();
        const without = await attach(hive, scheme, trust());
        expect(without).toMatchObject({ ok: false, refusal: { code: 'unreachable' } });
        const foreign = await stranger.issue('intruder');
        expect(await attach(hive, scheme, shown(foreign))).toMatchObject({ ok: false });
      });
    }

    it('says what is wrong with a certificate', async () => {
      const hive = await start({ client_ca: authority.ca });
      const detail = async (tls: ConnectOptions['tls']): Promise<string> => {
        const attached = await attach(hive, '9ps', tls);
        return attached.ok ? 'attached' : attached.refusal.detail;
      };
      expect(await detail({ ca: pem(stranger.ca) })).toContain('--tls-ca');
      expect(await detail(trust())).toContain('--tls-cert');
      const expired = await authority.issue('late', { days: -1 });
      expect(await detail(shown(expired))).toContain('does not take this client certificate');
    });

    it('is spoken by coh, with files named by options', { timeout: 60_000 }, async () => {
      const hive = await start({ client_ca: authority.ca });
      const options = ['--tls-ca', authority.ca, '--tls-cert', client.cert, '--tls-key', client.key];
      const ticket = ['--data', hive.paths.root];
      for (const scheme of DOORS) {
        const to = ['--to', `${scheme}://127.0.0.1:${portOf(hive, scheme)}`];
        const listed = await runTool(process.execPath, [
          MAIN,
          ...ticket,
          ...options,
          ...to,
          'cat',
          '/proc/lifecycle/state',
        ]);
        expect([listed.status, listed.stdout], `${scheme}: ${listed.stderr}`).toEqual([0, 'state=ONLINE\n']);
      }
      const to = ['--to', `9ps://127.0.0.1:${portOf(hive, '9ps')}`];
      const half = await runTool(process.execPath, [MAIN, ...ticket, ...to, '--tls-cert', client.cert, 'ls', '/']);
      expect(half.stderr).toContain('--tls-cert and --tls-key go together');
      const nothing = await runTool(process.execPath, [MAIN, ...ticket, ...to, '--tls-ca', '/no/such.pem', 'ls', '/']);
      expect(nothing.stderr).toContain('/no/such.pem');
      const plain = await runTool(process.execPath, [MAIN, ...ticket, ...options, 'doctor']);
      expect(plain.stdout).toMatch(/OK +9p +9ps:\/\/[\s\S]*OK +console +consoles:\/\//);
    });

    it('says that the certificate is for another name', async () => {
      const other = await authority.issue('other', { altNames: 'DNS:elsewhere.example' });
      const hive = await start({ certificate: other.cert, key: other.key });
      const attached = await attach(hive, '9ps', trust());
      expect(!attached.ok && attached.refusal.detail).toContain('for another name');
    });

    it.each(['9p', 'console'])('gives nothing to a client that speaks %s in plain text', async (scheme) => {
      const hive = await start({});
      const attached = await attach(hive, scheme, undefined, portOf(hive, scheme === '9p' ? '9ps' : 'consoles'));
      expect(attached).toMatchObject({ ok: false, refusal: { code: 'unreachable' } });
      expect((await hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim())).ok).toBe(true);
    });

    it('tells a client that speaks TLS to a plain door so', async () => {
      const hive = await start({ doors: ['http'] });
      const attached = await attach(hive, '9ps', trust());
      expect(!attached.ok && attached.refusal.detail).toMatch(/does not speak TLS|ended|ECONNRESET/);
    });

    it('ends a handshake that does not go on, and counts it', async () => {
      const hive = await start({});
      const socket = createConnection({ host: '127.0.0.1', port: portOf(hive, '9ps') });
      socket.on('error', () => {});
      await once(socket, 'connect');
      // The first bytes of a ClientHello, and no more.
      socket.write(Buffer.from('160301020001', 'hex'));
      await once(socket, 'close');
      await vi.waitFor(() =>
        expect(hive.door.pressure.counts.policy + hive.door.pressure.counts.cut).toBeGreaterThan(0),
      );
    });

    it('does not wait for handshakes when it stops', async () => {
      const hive = await start({});
      const socket = createConnection({ host: '127.0.0.1', port: portOf(hive, 'consoles') });
      socket.on('error', () => {});
      await once(socket, 'connect');
      const closed = once(socket, 'close');
      await hive.stop();
      await closed;
    });

    it('notices a changed byte on the way', async () => {
      const hive = await start({});
      const port = await tamperingProxy(portOf(hive, '9ps'));
      expect(await attach(hive, '9ps', trust(), port)).toMatchObject({ ok: false, refusal: { code: 'unreachable' } });
    });

    const proxies: (() => void)[] = [];
    afterEach(() => proxies.splice(0).forEach((close) => void close()));

    /** A proxy that changes one bit of what the client sends after its handshake. */
    async function tamperingProxy(to: number): Promise<number> {
      const proxy = createServer((from: Socket) => {
        const on = createConnection({ host: '127.0.0.1', port: to });
        let sent = 0;
        from.on('data', (chunk) => {
          const bytes = Buffer.from(chunk);
          // A record of application data (type 23) after the first two flights is 9P.
          if (sent > 1 && bytes[0] === 23) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
          sent += 1;
          on.write(bytes);
        });
        on.on('data', (chunk) => void from.write(chunk));
        for (const [one, other] of [
          [from, on],
          [on, from],
        ] as const) {
          one.on('error', () => other.destroy());
          one.on('close', () => other.destroy());
        }
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      proxies.push(() => proxy.close());
      const address = proxy.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }

    describe('a hive that is told to encrypt', () => {
      it('does not start with a key that others can read', async () => {
        const loose = await authority.issue('loose');
        chmodSync(loose.key, 0o644);
        const started = await tryStart({ certificate: loose.cert, key: loose.key });
        expect(!started.ok && started.refusal).toMatchObject({ code: 'invalid-payload' });
        expect(!started.ok && started.refusal.detail).toMatch(/can be read by others/);
      });

      it('does not start with the key of another certificate, a missing file or no PEM', async () => {
        const other = await authority.issue('second');
        const detail = async (tls: Partial<Manifest['tls']>): Promise<string> => {
          const started = await tryStart(tls);
          if (started.ok) await started.value.stop();
          return started.ok ? 'started' : started.refusal.detail;
        };
        expect(await detail({ key: other.key })).toContain('is not the key of');
        expect(await detail({ certificate: join(folder, 'nowhere.pem') })).toContain('nowhere.pem');
        expect(await detail({ certificate: server.key })).toContain('tls.certificate');
        expect(await detail({ client_ca: server.key })).toContain('tls.client_ca');
      });
    });
  },
);
