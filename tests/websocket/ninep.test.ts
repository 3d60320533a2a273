// 9P over WebSocket at a gateway over a real hive, by a client made of bytes: what RFC 6455 and the 9P door allow in every
// cut, what they do not, and clients that flood, never read, half close or say nothing.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, dialSocket } from '@cohesix/client';
import { type Gateway, type GatewaySettings, startGateway } from '@cohesix/gateway';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import { errnoOf, ok, refuse } from '@cohesix/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answersIn, attachText, framesOf, VERSION } from './frames.ts';
import { frameOf, type Handshake, OPCODE, openRaw, type RawSocket } from './raw-socket.ts';

const WAIT = { timeout: 10_000 };
const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Stand {
  readonly hive: Hive;
  readonly gateway: Gateway;
  readonly port: number;
  readonly ticket: string;
  readonly raw: (handshake?: Handshake) => Promise<RawSocket>;
}

/** How a stand differs from the defaults. */
interface Differences {
  readonly settings?: Partial<GatewaySettings>;
  readonly secure9p?: Partial<Manifest['secure9p']>;
  /** A gateway of its own, which reaches the hive over its unix socket; default: one in the process of the hive. */
  readonly isApart?: boolean;
}

async function stand({ settings = {}, secure9p = {}, isApart = false }: Differences = {}): Promise<Stand> {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-websocket-'));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const adjust = (manifest: Manifest): Manifest => ({
    ...manifest,
    listen: { ...manifest.listen, secure9p: '', console: '', http: '' },
    secure9p: { ...manifest.secure9p, ...secure9p },
  });
  const hive = await startHive({ directory, adjust });
  if (!hive.ok) throw new Error(hive.refusal.detail);
  closers.push(() => hive.value.stop());
  const { socket = '' } = hive.value.addresses;
  const gateway = await startGateway({
    hive: {
      attach: async () => refuse('unsupported'),
      ninep: async (peer) => (isApart ? dialSocket({ kind: 'unix', path: socket }, 5000) : hive.value.ninep(peer)),
      ready: async () => ok(undefined),
      controls: [],
      files: [],
    },
    listen: { host: '127.0.0.1', port: 0 },
    settings,
  });
  if (!gateway.ok) throw new Error(gateway.refusal.detail);
  closers.push(() => gateway.value.close());
  const { port } = gateway.value.address;
  const raw = async (handshake?: Handshake): Promise<RawSocket> => {
    const opened = await openRaw(port, handshake);
    closers.push(() => opened.socket.destroy());
    return opened;
  };
  const ticket = readFileSync(hive.value.paths.queenTicket, 'utf8').trim();
  return { hive: hive.value, gateway: gateway.value, port, ticket, raw };
}

/** Waits for so many answers; their text. */
async function answers(raw: RawSocket, count: number): Promise<readonly string[]> {
  await vi.waitFor(() => expect(answersIn(raw.bytes).length).toBeGreaterThanOrEqual(count), WAIT);
  return answersIn(raw.bytes);
}

const READ_BOOT = [
  "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
  'Tlopen tag 3 fid 2 flags 0',
  'Tread tag 4 fid 2 offset 0 count 14',
];

/** What any way of cutting the same conversation must come to. */
function isConversation(said: readonly string[]): void {
  expect(said[0]).toBe("Rversion tag NOTAG msize 8192 version '9P2000.L'");
  expect(said[1]).toMatch(/^Rattach tag 1 /);
  expect(said[4]).toContain("'Cohesix boot: '");
}

const conversation = (ticket: string): Uint8Array => framesOf([VERSION, attachText(ticket), ...READ_BOOT]);

/** Sessions that came over a WebSocket, or from a gateway apart. */
function sessions(hive: Hive): number {
  return [...hive.door.sessions.values()].filter(({ door }) => door !== 'in-process').length;
}

describe('9P in WebSocket frames', () => {
  it('is a stream of bytes: all messages in one frame', async () => {
    const { raw, ticket } = await stand();
    const client = await raw();
    expect(client.head).toMatch(/sec-websocket-protocol: 9p2000\.L/i);
    expect(client.head).not.toMatch(/sec-websocket-extensions/i);
    client.socket.write(frameOf(conversation(ticket)));
    isConversation(await answers(client, 5));
  });

  it('one byte a frame', async () => {
    const { raw, ticket } = await stand();
    const client = await raw();
    for (const byte of conversation(ticket)) client.socket.write(frameOf(Buffer.of(byte)));
    isConversation(await answers(client, 5));
  });

  it('one message in fragments, with a ping and empty frames between', async () => {
    const { raw, ticket } = await stand();
    const client = await raw();
    const bytes = conversation(ticket);
    client.socket.write(frameOf('', { isFinal: false }));
    for (let at = 0; at < bytes.length; at += 7) {
      client.socket.write(frameOf(bytes.subarray(at, at + 7), { opcode: OPCODE.continuation, isFinal: false }));
      if (at % 70 === 0) client.socket.write(frameOf(`still here ${at}`, { opcode: OPCODE.ping }));
    }
    client.socket.write(frameOf('', { opcode: OPCODE.continuation }));
    isConversation(await answers(client, 5));
    const pongs = client.frames.filter(({ opcode }) => opcode === OPCODE.pong).map(({ payload }) => String(payload));
    expect(pongs[0]).toBe('still here 0');
  });

  it('in the very packet that asks for the upgrade', async () => {
    const { port, ticket } = await stand();
    const opened = openRaw(port);
    const client = await opened;
    closers.push(() => client.socket.destroy());
    client.socket.write(frameOf(framesOf([VERSION])));
    client.socket.write(frameOf(framesOf([attachText(ticket)])));
    expect((await answers(client, 2))[1]).toMatch(/^Rattach/);
  });

  it('refuses a bad ticket as any 9P door does, and holds the next attempt back', async () => {
    const { raw, ticket } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText('nonsense'), attachText(ticket)])));
    const said = await answers(client, 3);
    expect(said.slice(1)).toEqual([
      `Rlerror tag 1 ecode ${errnoOf('invalid-claims')}`,
      `Rlerror tag 1 ecode ${errnoOf('throttled')}`,
    ]);
    const other = await raw();
    other.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    expect((await answers(other, 2))[1]).toMatch(/^Rattach tag 1 /);
  });
});

describe('a client that breaks the rules', () => {
  const CASES: readonly (readonly [string, Buffer, number])[] = [
    ['sends text', frameOf('Tversion', { opcode: OPCODE.text }), 1003],
    ['sends a message of more than the bound', frameOf(Buffer.alloc(65_537)), 1009],
    ['sends a frame without a mask', frameOf('x', { isMasked: false }), 1002],
    ['uses an opcode that does not exist', frameOf('x', { opcode: 3 }), 1002],
    ['uses a reserved bit', frameOf('x', { reserved: 4 }), 1002],
    ['continues nothing', frameOf('x', { opcode: OPCODE.continuation }), 1002],
    ['sends a ping of more than 125 bytes', frameOf(Buffer.alloc(126), { opcode: OPCODE.ping }), 1002],
    ['sends a 9P frame of size 0', frameOf(Buffer.alloc(7)), 1000],
    ['sends a 9P frame of size 2^32-1', frameOf(Buffer.from('ffffffff640000', 'hex')), 1000],
  ];
  it.each(CASES)('that %s is told so and cut', async (_, bytes, code) => {
    const { raw, hive, ticket } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    client.socket.write(bytes);
    await vi.waitFor(() => expect(client.isClosed).toBe(true), WAIT);
    expect(client.closeCode).toBe(code);
    await vi.waitFor(() => expect(sessions(hive)).toBe(0), WAIT);
  });

  it('holds a message of exactly the bound', async () => {
    const { raw, ticket } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    const clunk = framesOf(['Tclunk tag 9 fid 77']);
    const many = Buffer.concat(Array.from({ length: Math.floor(65_536 / clunk.length) }, () => clunk));
    // The rest is the beginning of one more, whose end comes in the next message.
    const rest = clunk.subarray(0, 65_536 - many.length);
    client.socket.write(frameOf(Buffer.concat([many, rest])));
    client.socket.write(frameOf(clunk.subarray(rest.length)));
    const count = many.length / clunk.length + (rest.length > 0 ? 1 : 0);
    const said = await answers(client, 2 + count);
    expect(said).toHaveLength(2 + count);
    expect(said.at(-1)).toMatch(/^Rlerror tag 9/);
  });
});

describe('an upgrade that is not made', () => {
  const CASES: readonly (readonly [string, Handshake, number, RegExp])[] = [
    ['without a subprotocol', { headers: { 'sec-websocket-protocol': undefined } }, 400, /9p2000\.L/],
    ['for another subprotocol', { headers: { 'sec-websocket-protocol': 'mqtt, 9p2000' } }, 400, /9p2000\.L/],
    ['of another version', { headers: { 'sec-websocket-version': '7' } }, 400, /Version/],
    ['without a key', { headers: { 'sec-websocket-key': undefined } }, 400, /Key/],
    ['from a foreign page', { headers: { origin: 'https://evil.example' } }, 403, /origin/i],
    ['under a foreign name', { headers: { host: 'evil.example' } }, 421, /name/],
  ];
  it.each(CASES)('%s', async (_, handshake, status, says) => {
    const { raw, hive } = await stand();
    const client = await raw(handshake);
    await vi.waitFor(() => expect(client.isClosed).toBe(true), WAIT);
    expect(client.status).toBe(status);
    expect(client.head + client.body).toMatch(says);
    expect(sessions(hive)).toBe(0);
  });

  it('takes the subprotocol from a list', async () => {
    const { raw } = await stand();
    const client = await raw({ headers: { 'sec-websocket-protocol': 'mqtt, 9p2000.L' } });
    expect(client.status).toBe(101);
  });

  it('beyond the bound of open ones, until one has ended', async () => {
    const { raw } = await stand({ settings: { streamsMax: 2 } });
    const [first] = [await raw(), await raw()];
    const third = await raw();
    expect([third.status, third.head]).toEqual([429, expect.stringMatching(/retry-after/i)]);
    first.socket.destroy();
    await vi.waitFor(async () => expect((await raw()).status).toBe(101), WAIT);
  });
});

const PLACES = [
  ['in the process of the hive', false],
  ['apart', true],
] as const;

describe.each(PLACES)('a gateway %s', (_, isApart) => {
  it('carries a conversation in any cut, and ends the session with the WebSocket', async () => {
    const { raw, ticket, hive } = await stand({ isApart });
    const client = await raw();
    for (const byte of conversation(ticket)) client.socket.write(frameOf(Buffer.of(byte)));
    isConversation(await answers(client, 5));
    expect(sessions(hive)).toBe(1);
    client.socket.end(frameOf(Buffer.from([3, 232]), { opcode: OPCODE.close }));
    await vi.waitFor(() => expect(sessions(hive)).toBe(0), WAIT);
  });

  it('ends its WebSockets with the hive', async () => {
    const { raw, ticket, hive } = await stand({ isApart });
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    await hive.stop();
    await vi.waitFor(() => expect(client.closeCode).toBe(1000), WAIT);
  });

  it('lets a client that asks and never reads stop only itself', async () => {
    const { raw, ticket, hive, port } = await stand({
      isApart,
      settings: { webSocketQueueBytes: 16_384 },
      secure9p: { write_queue_bytes: 16_384 },
    });
    const hostile = await raw();
    const bounds = ["Twalk tag 2 fid 1 newfid 2 'proc' 'bounds'", 'Tlopen tag 3 fid 2 flags 0'];
    hostile.socket.write(frameOf(framesOf([VERSION, attachText(ticket), ...bounds])));
    await answers(hostile, 4);
    hostile.socket.pause();
    const asks = framesOf(Array.from({ length: 500 }, () => 'Tread tag 4 fid 2 offset 0 count 8000'));
    // Until the gateway reads no more: what it and the kernels hold is all that it costs.
    while (hostile.socket.writableLength < 1 << 20) {
      hostile.socket.write(frameOf(asks));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(hive.door.traffic.pauses).toBeGreaterThan(0), WAIT);
    const honest = await connect({ url: `ws://127.0.0.1:${port}`, role: 'queen', ticket });
    if (!honest.ok) throw new Error(honest.refusal.detail);
    expect((await honest.value.list('/')).ok).toBe(true);
    await honest.value.close();
    const before = answersIn(hostile.bytes).length;
    hostile.socket.resume();
    await vi.waitFor(() => expect(answersIn(hostile.bytes).length).toBeGreaterThan(before + 500), WAIT);
  });
});

describe('a hostile client', () => {
  it('that floods with pings and reads nothing is cut', async () => {
    const { raw } = await stand();
    const client = await raw();
    client.socket.pause();
    const pings = Buffer.concat(
      Array.from({ length: 5000 }, () => frameOf(Buffer.alloc(125), { opcode: OPCODE.ping })),
    );
    const flood = setInterval(() => client.socket.writable && client.socket.write(pings), 5);
    closers.push(() => clearInterval(flood));
    await Promise.race([once(client.socket, 'error'), once(client.socket, 'close')]);
    expect(client.socket.writable).toBe(false);
  });

  it('that answers no ping is cut, one that does stays', async () => {
    const { raw, ticket, hive } = await stand({ settings: { webSocketPingMs: 50 } });
    const [dead, alive] = [await raw(), await raw()];
    for (const client of [dead, alive]) client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(alive, 2);
    let answered = 0;
    const answer = setInterval(() => {
      const pings = alive.frames.filter(({ opcode }) => opcode === OPCODE.ping);
      for (const { payload } of pings.slice(answered)) alive.socket.write(frameOf(payload, { opcode: OPCODE.pong }));
      answered = pings.length;
    }, 5);
    closers.push(() => clearInterval(answer));
    await vi.waitFor(() => expect(dead.isClosed).toBe(true), WAIT);
    await vi.waitFor(() => expect(answered).toBeGreaterThan(5), WAIT);
    expect([alive.isClosed, sessions(hive)]).toEqual([false, 1]);
  });

  it('that closes half is answered what it asked, and gone', async () => {
    const { raw, ticket, hive } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    client.socket.end();
    await vi.waitFor(() => expect(client.isClosed).toBe(true), WAIT);
    await vi.waitFor(() => expect(sessions(hive)).toBe(0), WAIT);
  });

  it('that is torn off in the middle of a frame leaves nothing', async () => {
    const { raw, ticket, hive } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    client.socket.write(frameOf(Buffer.alloc(1000)).subarray(0, 500));
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(sessions(hive)).toBe(0), WAIT);
  });

  it('that attaches nothing is cut when its time is over', async () => {
    const { raw } = await stand({ secure9p: { handshake_timeout_ms: 100 } });
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION]).subarray(0, 5)));
    await vi.waitFor(() => expect(client.isClosed).toBe(true), WAIT);
    expect(client.closeCode).toBe(1000);
  });
});

describe('the end of a gateway', () => {
  it('is told to its clients', async () => {
    const { raw, ticket, gateway, hive } = await stand();
    const client = await raw();
    client.socket.write(frameOf(framesOf([VERSION, attachText(ticket)])));
    await answers(client, 2);
    const closed = gateway.close();
    await vi.waitFor(() => expect(client.closeCode).toBe(1001), WAIT);
    await closed;
    await vi.waitFor(() => expect(sessions(hive)).toBe(0), WAIT);
  });

  it('does not wait for a client that does not answer', async () => {
    const { raw, gateway } = await stand();
    const client = await raw();
    client.socket.pause();
    await gateway.close();
    client.socket.resume();
    await vi.waitFor(() => expect(client.isClosed).toBe(true), WAIT);
  });
});
