// The listeners, on real sockets: readers that stop, clients that say nothing, and the end of the server.

import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Manifest } from '@cohesix/manifest';
import { create9pSplitter } from '@cohesix/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConsoleServer } from '../src/console/server.ts';
import { NinepServer } from '../src/ninep/server.ts';
import type { NodeDefinition } from '../src/node.ts';
import {
  attachText,
  CONSOLE_TOKEN,
  consoleFrames,
  type Fixture,
  framesOf,
  makeFixture,
  settled,
  VERSION,
} from './fixture.ts';

const QUEUE_BYTES = 8192;
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function smallQueue(manifest: Manifest): Manifest {
  return { ...manifest, secure9p: { ...manifest.secure9p, write_queue_bytes: QUEUE_BYTES } };
}

async function dial(server: NinepServer | ConsoleServer): Promise<Socket> {
  closers.push(() => server.close());
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  if (!('port' in address)) throw new Error('no port');
  const socket = createConnection(address);
  socket.on('error', () => undefined);
  closers.push(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Frames that arrive, up to `count` or the end of the connection. */
async function framesFrom(socket: Socket, count: number): Promise<number> {
  const splitter = create9pSplitter(1 << 20);
  let frames = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    splitter.push(chunk as Uint8Array);
    while (splitter.next() === 'frame') frames += 1;
    if (frames >= count) break;
  }
  return frames;
}

const attach = (fixture: Fixture): string[] => [
  VERSION,
  attachText(fixture.token()),
  "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
  'Tlopen tag 3 fid 2 flags 0',
];

/** Sends and waits until the server must have stopped reading: until the socket takes no more, or all is sent. */
async function pour(socket: Socket, bytes: Uint8Array, times: number): Promise<void> {
  for (let round = 0; round < times; round++) socket.write(bytes);
  await settled();
}

const READS = 3000;

describe('a client that asks for megabytes before it reads', () => {
  it('gets every answer over 9P, whatever the bound of its queue', async () => {
    const fixture = makeFixture(smallQueue);
    fixture.view = `${'x'.repeat(7999)}\n`;
    const socket = await dial(new NinepServer(fixture.door));
    const read = framesOf(['Tread tag 4 fid 2 offset 0 count 8000']);
    socket.write(framesOf(attach(fixture)));
    await pour(socket, read, READS);
    const { traffic } = fixture.door;
    await vi.waitFor(() => expect(traffic.pauses).toBeGreaterThan(0));
    expect([traffic.shortWrites, traffic.shortWriteRetries]).toEqual([1, 0]);
    expect(await framesFrom(socket, READS + 4)).toBe(READS + 4);
    await vi.waitFor(() => expect(traffic.shortWriteRetries).toBe(traffic.shortWrites));
  });

  it('gets every answer on the console', async () => {
    const fixture = makeFixture(smallQueue);
    fixture.view = `${'x'.repeat(7999)}\n`;
    const socket = await dial(new ConsoleServer(fixture.door, CONSOLE_TOKEN));
    socket.write(consoleFrames([`AUTH ${CONSOLE_TOKEN}`, `attach queen ${fixture.token()}`]));
    await pour(socket, consoleFrames(['cat /proc/boot']), READS);
    await vi.waitFor(() => expect(fixture.door.traffic.pauses).toBeGreaterThan(0));
    expect(await framesFrom(socket, 2 + 3 * READS)).toBe(2 + 3 * READS);
  });
});

describe('a console client that has sent everything and says so', () => {
  it('gets every answer, also the one that waits for the journal', async () => {
    const fixture = makeFixture();
    fixture.holdsWrites = true;
    const socket = await dial(new ConsoleServer(fixture.door, CONSOLE_TOKEN));
    const hello = [`AUTH ${CONSOLE_TOKEN}`, `attach queen ${fixture.token()}`];
    socket.end(consoleFrames([...hello, 'follow /log/queen.log', 'echo /queen/ctl {}', 'cat /proc/boot']));
    await vi.waitFor(() => expect(fixture.submitted.length).toBe(1));
    for (let turn = 0; turn < 20; turn++) await settled();
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    // AUTH, ATTACH, FOLLOW, ECHO, CAT, its line, END; the follow ends without a word.
    expect(await framesFrom(socket, 99)).toBe(7);
    await vi.waitFor(() => expect(fixture.audit.at(-1)).toContain('tcp.conn.close conn_id=1 reason=eof'));
    expect(fixture.ring.listenerCount).toBe(0);
  });
});

describe('a client that never reads', () => {
  it.each(['9p', 'console'] as const)('does not keep the %s server from ending', async (kind) => {
    const fixture = makeFixture();
    fixture.view = `${'x'.repeat(7999)}\n`;
    const isConsole = kind === 'console';
    const server = isConsole ? new ConsoleServer(fixture.door, CONSOLE_TOKEN) : new NinepServer(fixture.door);
    const socket = await dial(server);
    const hello = isConsole
      ? consoleFrames([`AUTH ${CONSOLE_TOKEN}`, `attach queen ${fixture.token()}`])
      : framesOf(attach(fixture));
    const ask = isConsole ? consoleFrames(['cat /proc/boot']) : framesOf(['Tread tag 4 fid 2 offset 0 count 8000']);
    socket.pause();
    socket.write(hello);
    await pour(socket, ask, READS);
    while (fixture.door.sessions.size === 0) await settled();
    await server.close();
    while (fixture.door.sessions.size > 0) await settled();
  });
});

describe('a client that goes away', () => {
  it.each(['9p', 'console'] as const)('is not worked for any more by the %s server', async (kind) => {
    let renders = 0;
    const bytes = new Uint8Array(30_000).fill(0x78);
    const render = (): Uint8Array => {
      renders += 1;
      return bytes;
    };
    const big: NodeDefinition = {
      pattern: '/proc/big',
      file: { kind: 'view', boundBytes: bytes.length, version: undefined, render },
    };
    const fixture = makeFixture(smallQueue, [big]);
    const isConsole = kind === 'console';
    const server = isConsole ? new ConsoleServer(fixture.door, CONSOLE_TOKEN) : new NinepServer(fixture.door);
    const socket = await dial(server);
    socket.pause();
    if (isConsole) socket.write(consoleFrames([`AUTH ${CONSOLE_TOKEN}`, `attach queen ${fixture.token()}`]));
    else socket.write(framesOf(attach(fixture)));
    const ask = isConsole ? consoleFrames(['cat /proc/big']) : framesOf(bigReads(900));
    await pour(socket, ask, isConsole ? READS : 1);
    const stalledAt = await untilStable(() => renders);
    expect(stalledAt).toBeLessThan(isConsole ? READS : 900);
    socket.resetAndDestroy();
    while (fixture.door.sessions.size > 0) await settled();
    await untilStable(() => renders);
    expect(renders).toBeLessThanOrEqual(stalledAt + 1);
  });
});

/** The first value above 0 that does not change over many turns of the event loop. */
async function untilStable(read: () => number): Promise<number> {
  for (let value = read(), turns = 0; ; turns++) {
    await settled();
    if (read() !== value) [value, turns] = [read(), 0];
    if (value > 0 && turns > 200) return value;
  }
}

/** Opens and reads of fids of their own, so that each is rendered. */
function bigReads(count: number): string[] {
  return Array.from({ length: count }, (_, index) => index + 10).flatMap((fid) => [
    `Twalk tag 1 fid 1 newfid ${fid} 'proc' 'big'`,
    `Tlopen tag 1 fid ${fid} flags 0`,
    ...Array.from({ length: 4 }, (__, part) => `Tread tag 1 fid ${fid} offset ${part * 8000} count 8000`),
  ]);
}

describe('the audit of console connections', () => {
  const closeLine = async (fixture: Fixture, say: (socket: Socket) => void): Promise<string | undefined> => {
    const server = new ConsoleServer(fixture.door, CONSOLE_TOKEN);
    const socket = await dial(server);
    say(socket);
    socket.resume();
    await once(socket, 'close');
    await server.close();
    return fixture.audit.findLast((line) => line.includes('tcp.conn.close'));
  };

  it('says who ended it and why', async () => {
    const fixture = makeFixture();
    const quit = await closeLine(fixture, (socket) => socket.write(consoleFrames([`AUTH ${CONSOLE_TOKEN}`, 'quit'])));
    expect(quit).toBe('audit tcp.conn.close conn_id=1 reason=quit');
    const eof = await closeLine(fixture, (socket) => socket.end(consoleFrames([`AUTH ${CONSOLE_TOKEN}`])));
    expect(eof).toBe('audit tcp.conn.close conn_id=1 reason=eof');
    const bad = await closeLine(fixture, (socket) => socket.write(consoleFrames(['AUTH wrong-token'.slice(0, 15)])));
    expect(bad).toBe('audit tcp.conn.close conn_id=1 reason=invalid-token');
    expect(fixture.audit.find((line) => line.includes('tcp.conn.open'))).toBe(
      'audit tcp.conn.open conn_id=1 peer=127.0.0.1 console#1',
    );
  });

  it('is written in part when somebody connects again and again', async () => {
    const fixture = makeFixture();
    const server = new ConsoleServer(fixture.door, CONSOLE_TOKEN);
    closers.push(() => server.close());
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const comeAndGo = async (): Promise<void> => {
      const socket = createConnection(address as { port: number });
      socket.resume().end();
      await once(socket, 'close');
    };
    for (let count = 0; count < 15; count++) await comeAndGo();
    await vi.waitFor(() => expect(fixture.audit.length).toBe(20));
    fixture.now += 1000;
    await comeAndGo();
    expect(fixture.audit[20]).toMatch(/^audit tcp\.conn suppressed=(9|10)$/);
  });
});

describe('clients that say nothing', () => {
  it.each(['9p', 'console'] as const)('are ended by the %s server', async (kind) => {
    const fixture = makeFixture((m) => ({
      ...m,
      secure9p: { ...m.secure9p, handshake_timeout_ms: 100 },
      console: { ...m.console, auth_timeout_ms: 100 },
    }));
    const server = kind === '9p' ? new NinepServer(fixture.door) : new ConsoleServer(fixture.door, CONSOLE_TOKEN);
    const socket = await dial(server);
    socket.write(Uint8Array.of(19, 0, 0));
    socket.resume();
    fixture.now += 101;
    await once(socket, 'close');
  });
});
