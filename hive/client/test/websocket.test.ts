// The transport over a WebSocket: the contract of HiveClient over one made of memory, and what a WebSocket does that a
// socket does not. A real one, in Node and in Chromium, is in tests/websocket.

import { describe, expect, it } from 'vitest';
import { type ByteTransport, dialWebSocket, NinePClient, realTimers, type WebSocketLike } from '../src/core.ts';
import type { CloseLike } from '../src/websocket/websocket-transport.ts';
import { code, good, testHiveClient } from './hive-client-suite.ts';
import { contractHive, MemoryDoor, type MemoryHive } from './memory-door.ts';
import { type MemoryTransport, transportPair } from './memory-transport.ts';
import { NinePServer } from './ninep-server.ts';

type Listener = (event: never) => void;

/** A WebSocket in memory; the test plays the other side. */
class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  protocol = '9p2000.L';
  readyState = 0;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly closes: (number | undefined)[] = [];
  onSent: (data: Uint8Array) => void = () => {};
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  emit(type: string, event: unknown = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  open(): void {
    this.readyState = 1;
    this.emit('open');
  }

  send(data: Uint8Array): void {
    this.sent.push(data.slice());
    this.onSent(data);
  }

  close(closeCode?: number): void {
    this.closes.push(closeCode);
  }

  /** The other side ends it. */
  end(event: CloseLike): void {
    this.readyState = 3;
    this.emit('close', event);
  }

  message(bytes: Uint8Array): void {
    this.emit('message', { data: new Uint8Array(bytes).buffer });
  }
}

async function opened(): Promise<{ readonly socket: FakeSocket; readonly transport: ByteTransport }> {
  const socket = new FakeSocket();
  const dialed = dialWebSocket('ws://hive/v1/9p', 1000, () => socket);
  socket.open();
  return { socket, transport: good(await dialed) };
}

/** A client whose WebSocket leads to a hive in memory; answers come in messages of so many bytes. */
async function overWebSocket(hive: MemoryHive, messageBytes: number): Promise<NinePClient> {
  const socket = new FakeSocket();
  const { client: end, server } = transportPair(messageBytes);
  void new NinePServer(new MemoryDoor(hive), server as MemoryTransport);
  end.start({
    data: (chunk) => socket.message(chunk),
    closed: (reason) => socket.end({ code: 1000, reason }),
  });
  socket.onSent = (data) => end.send(data);
  socket.close = () => end.destroy();
  const dialed = dialWebSocket('ws://hive/v1/9p', 1000, () => socket);
  socket.open();
  return good(await NinePClient.attach(good(await dialed), { role: 'queen', ticket: 'ticket', timers: realTimers }));
}

for (const messageBytes of [1 << 20, 1]) {
  testHiveClient(`9p over WebSocket, messages of ${messageBytes} bytes`, async () => {
    const hive = contractHive();
    const client = await overWebSocket(hive, messageBytes);
    return { client, publish: (line) => hive.publish('/log/queen.log', `${line}\n`) };
  });
}

describe('dialling a WebSocket', () => {
  it('is refused with what the platform tells', async () => {
    const socket = new FakeSocket();
    const dialed = dialWebSocket('ws://hive/v1/9p', 1000, () => socket);
    socket.emit('error', { message: 'no such host' });
    socket.end({ code: 1006, reason: '' });
    expect(await dialed).toMatchObject({ ok: false, refusal: { code: 'unreachable' } });
    expect(JSON.stringify(await dialed)).toContain('no such host');
  });

  it('is refused when the other side speaks something else', async () => {
    const socket = new FakeSocket();
    socket.protocol = '';
    const dialed = dialWebSocket('ws://hive/v1/9p', 1000, () => socket);
    socket.open();
    expect(code(await dialed)).toBe('unreachable');
  });

  it('waits only so long', async () => {
    expect(JSON.stringify(await dialWebSocket('ws://hive/v1/9p', 10, () => new FakeSocket()))).toContain(
      'within 10 ms',
    );
  });
});

describe('a WebSocket as a transport', () => {
  it('sends what one turn wrote in one message, and a long one in several', async () => {
    const { socket, transport } = await opened();
    transport.start({ data: () => {}, closed: () => {} });
    transport.send(new Uint8Array([1, 2]));
    transport.send(new Uint8Array([3]));
    expect(transport.queuedBytes).toBe(3);
    await Promise.resolve();
    transport.send(new Uint8Array(65_537));
    await Promise.resolve();
    expect(socket.sent.map(({ length }) => length)).toEqual([3, 65_536, 1]);
  });

  it('delivers what came before it was started, in order, and then the end', async () => {
    const { socket, transport } = await opened();
    socket.message(new Uint8Array([1]));
    socket.message(new Uint8Array());
    socket.message(new Uint8Array([2]));
    socket.end({ code: 1001, reason: 'The gateway stops.' });
    const heard: unknown[] = [];
    const over = new Promise<void>((resolve) => {
      transport.start({
        data: (chunk) => heard.push([...chunk]),
        closed: (reason) => {
          heard.push(reason);
          resolve();
        },
      });
    });
    await over;
    expect(heard).toEqual([[1], [2], 'The gateway stops.']);
  });

  it('ends when the other side sends text', async () => {
    const { socket, transport } = await opened();
    const closed = new Promise<string>((resolve) => transport.start({ data: () => {}, closed: resolve }));
    socket.emit('message', { data: 'hello' });
    expect([await closed, socket.closes]).toEqual(['the hive sent a text message', [1003]]);
  });

  it('sends what is queued before it closes, and is over although nobody answers', async () => {
    const { socket, transport } = await opened();
    const closed = new Promise<string>((resolve) => transport.start({ data: () => {}, closed: resolve }));
    transport.send(new Uint8Array([7]));
    transport.close();
    expect([socket.sent.length, socket.closes]).toEqual([1, [1000]]);
    expect(await closed).toBe('closed');
    transport.send(new Uint8Array([8]));
    await Promise.resolve();
    expect(socket.sent).toHaveLength(1);
  });
});
