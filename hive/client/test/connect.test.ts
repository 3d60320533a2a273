// connect over real sockets, the retry policy, and door URLs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuse } from '@cohesix/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, dialSocket, parseDoorUrl, RETRY_DEFAULT, socketTransport, withRetry } from '../src/index.ts';
import { ConsoleServer } from './console-server.ts';
import { FakeTimers } from './fake-timers.ts';
import { code, collect, good, text, until } from './hive-client-suite.ts';
import { contractHive, MemoryDoor } from './memory-door.ts';
import type { MemoryTransport } from './memory-transport.ts';
import { NinePServer } from './ninep-server.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(server: Server, where: string | number): Promise<Server> {
  closers.push(() => server.close());
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-client-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'door.sock');
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const TICKET = { role: 'queen', ticket: 'ticket' };
const ONCE = { ...RETRY_DEFAULT, attempts: 1 };

describe('connect', () => {
  const hive = contractHive();
  const ninep = (): Server =>
    createServer(
      (socket) => void new NinePServer(new MemoryDoor(hive), socketTransport(socket) as unknown as MemoryTransport),
    );
  const lines = (): Server =>
    createServer(
      (socket) => void new ConsoleServer(new MemoryDoor(hive), socketTransport(socket) as unknown as MemoryTransport),
    );

  it('speaks 9P over TCP and a Unix socket', async () => {
    const path = socketPath();
    const [tcp] = [await listening(ninep(), 0), await listening(ninep(), path)];
    for (const url of [`9p://127.0.0.1:${portOf(tcp)}`, `tcp://localhost:${portOf(tcp)}`, `unix:${path}`]) {
      const client = good(await connect({ url, ...TICKET }));
      expect(client.door).toBe('9p');
      expect(text(good(await client.read('/proc/boot')))).toBe('hive=test\n');
      await client.close();
      expect(code(await client.ping())).toBe('closed');
    }
  });

  it('speaks the console over TCP and a Unix socket', async () => {
    const path = socketPath();
    const [tcp] = [await listening(lines(), 0), await listening(lines(), path)];
    for (const url of [`console://127.0.0.1:${portOf(tcp)}`, `console+unix:${path}`]) {
      const client = good(await connect({ url, consoleToken: 'console-token', ...TICKET }));
      const follow = good(await client.follow('/log/queen.log'));
      const heard = collect(follow);
      hive.publish('/log/queen.log', 'over a socket\n');
      await until(() => heard.text === 'over a socket\n');
      await client.close();
      await heard.over;
    }
  });

  it('needs the console’s token for a console', async () => {
    expect(code(await connect({ url: 'console://127.0.0.1:1', ...TICKET }))).toBe('unauthenticated');
  });

  it('is refused where nobody listens', async () => {
    const server = await listening(ninep(), 0);
    const port = portOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(code(await connect({ url: `9p://127.0.0.1:${port}`, ...TICKET, retry: ONCE }))).toBe('unreachable');
    expect(code(await connect({ url: `unix:${socketPath()}`, ...TICKET, retry: ONCE }))).toBe('unreachable');
  });

  it('tells every pending operation when the socket is cut', async () => {
    const server = createServer((socket) => {
      void new NinePServer(new MemoryDoor(hive), socketTransport(socket) as unknown as MemoryTransport, {
        before: ({ type }) => {
          if (type === 116) socket.resetAndDestroy();
          return type !== 116;
        },
      });
    });
    const client = good(await connect({ url: `9p://127.0.0.1:${portOf(await listening(server, 0))}`, ...TICKET }));
    expect(code(await client.read('/proc/boot'))).toBe('unreachable');
    expect(await client.explain()).toContain('connection');
  });
});

describe('closing', () => {
  /** A server that takes everything, answers nothing and never closes its side; like a stopped process. */
  async function stuckServer(): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket.on('error', () => {})));
    closers.push(() => sockets.forEach((socket) => void socket.destroy()));
    return { port: portOf(await listening(server, 0)), sockets };
  }

  it('does not wait longer than a second for the peer', async () => {
    const { port } = await stuckServer();
    const transport = good(await dialSocket({ kind: 'tcp', host: '127.0.0.1', port }, 1000));
    const startedMs = performance.now();
    const closed = new Promise<string>((resolve) => {
      transport.start({ data: () => {}, closed: resolve });
    });
    transport.close();
    expect(await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 4000, 'still open'))])).not.toBe(
      'still open',
    );
    expect(performance.now() - startedMs).toBeGreaterThan(900);
  });

  it('keeps no process alive, and yet sends what is queued', async () => {
    const { port, sockets } = await stuckServer();
    const program = `
      const { dialSocket } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)});
      const dialed = await dialSocket({ kind: 'tcp', host: '127.0.0.1', port: ${port} }, 1000);
      dialed.value.start({ data: () => {}, closed: () => {} });
      dialed.value.send(new Uint8Array(4_000_000));
      dialed.value.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit', timeout: 5000 });
    await until(() => sockets.length === 1);
    let bytes = 0;
    sockets[0]?.on('data', (chunk) => {
      bytes += chunk.length;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    await until(() => bytes === 4_000_000);
  });
});

describe('the retry policy', () => {
  async function delays(policy: typeof RETRY_DEFAULT, failures: number): Promise<readonly number[]> {
    const timers = new FakeTimers();
    const at: number[] = [];
    const running = withRetry(
      async () => {
        at.push(timers.nowMs());
        return at.length > failures ? { ok: true as const, value: at.length } : refuse('unreachable');
      },
      policy,
      timers,
    );
    await timers.advance(60_000);
    await running;
    return at;
  }

  it('tries three times, 200 and 400 ms apart', async () => {
    expect(await delays(RETRY_DEFAULT, 99)).toEqual([0, 200, 600]);
  });
  it('doubles up to the ceiling', async () => {
    const at = await delays({ ...RETRY_DEFAULT, attempts: 7 }, 99);
    expect(at.slice(1).map((time, index) => time - (at[index] ?? 0))).toEqual([200, 400, 800, 1600, 2000, 2000]);
  });
  it('stops when it works', async () => expect(await delays(RETRY_DEFAULT, 1)).toEqual([0, 200]));
  it('does not repeat what the hive refused', async () => {
    let count = 0;
    const result = await withRetry(
      async () => {
        count++;
        return refuse('denied');
      },
      RETRY_DEFAULT,
      new FakeTimers(),
    );
    expect([code(result), count]).toEqual(['denied', 1]);
  });
});

describe('a door’s URL', () => {
  const GOOD: readonly (readonly [string, object])[] = [
    ['unix:/run/9p.sock', { protocol: '9p', address: { kind: 'unix', path: '/run/9p.sock' } }],
    ['unix:///run/9p.sock', { protocol: '9p', address: { kind: 'unix', path: '/run/9p.sock' } }],
    ['console+unix:run/c.sock', { protocol: 'console', address: { kind: 'unix', path: 'run/c.sock' } }],
    ['9p://hive.example', { protocol: '9p', address: { kind: 'tcp', host: 'hive.example', port: 5640 } }],
    ['tcp://[::1]:5640', { protocol: '9p', address: { kind: 'tcp', host: '::1', port: 5640 } }],
    ['https://hive:5641/', { protocol: 'rest', url: 'https://hive:5641' }],
    ['9ps://hive.example', { protocol: '9p', address: { kind: 'tcp', host: 'hive.example', port: 5640, isTls: true } }],
    ['consoles://[::1]:7', { protocol: 'console', address: { kind: 'tcp', host: '::1', port: 7, isTls: true } }],
    ['ws://hive:5641', { protocol: '9p', address: { kind: 'websocket', url: 'ws://hive:5641/v1/9p' } }],
    ['wss://hive/proxy/9p', { protocol: '9p', address: { kind: 'websocket', url: 'wss://hive/proxy/9p' } }],
    ['console://10.0.0.1/', { protocol: 'console', address: { kind: 'tcp', host: '10.0.0.1', port: 31337 } }],
  ];
  for (const [url, value] of GOOD) it(`reads ${url}`, () => expect(parseDoorUrl(url)).toEqual({ ok: true, value }));
  for (const url of [
    '',
    'hive',
    'http://queen:secret@hive',
    'https://hive/?ticket=secret',
    'constructor://hive',
    '9p://',
    '9p://hive:0',
    '9p://hive:65536',
    '9p://a b',
    '9p://hive/path',
    '9ps://',
    'tls://hive',
    'ws://',
    'ws://queen:secret@hive/v1/9p',
    'ws://hive/v1/9p?ticket=secret',
    'unix:',
  ]) {
    it(`refuses ${JSON.stringify(url)}`, () => expect(code(parseDoorUrl(url))).toBe('invalid-payload'));
  }
});
