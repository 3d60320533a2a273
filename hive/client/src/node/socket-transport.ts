// ByteTransport over Node's sockets, TCP and Unix. Writes of one turn of the event loop leave in one packet: the
// socket is corked at the first and uncorked when the microtasks of the turn have run.

import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { assert } from '@cohesix/check';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { ByteHandlers, ByteTransport } from '../byte-transport.ts';
import type { SocketAddress } from '../door-url.ts';
import { dialWebSocket } from '../websocket/websocket-transport.ts';
import { type ClientTls, tlsOptions, tlsTrouble } from './tls.ts';

/** Milliseconds after `close` in which the peer may close its side; then the socket is destroyed. */
const LINGER_MS = 1000;

/** Connects; `unreachable` when refused or not there within `timeoutMs`. `tls`: for a door behind TLS. */
export async function dialSocket(
  address: SocketAddress,
  timeoutMs: number,
  tls?: ClientTls,
): Promise<Result<ByteTransport>> {
  if (address.kind === 'websocket') {
    const { nodeWebSocket } = await import('./node-websocket.ts');
    return dialWebSocket(address.url, timeoutMs, nodeWebSocket(tls));
  }
  const isTls = address.kind === 'tcp' && address.isTls === true;
  const socket = isTls ? openTls(address, tls) : openPlain(address);
  return new Promise((resolve) => {
    const fail = (why: string): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(refuse('unreachable', `No connection to ${describeAddress(address)}: ${why}.`));
    };
    const deadline = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('error', (error) => fail(codeOf(error)));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(deadline);
      socket.removeAllListeners('error');
      resolve(ok(new SocketTransport(socket, isTls ? SILENT_TLS : CLOSED)));
    });
  });
}

type TcpAddress = Extract<SocketAddress, { readonly kind: 'tcp' }>;

function openPlain(address: TcpAddress | Extract<SocketAddress, { readonly kind: 'unix' }>): Socket {
  if (address.kind === 'unix') return createConnection({ path: address.path });
  return createConnection({ host: address.host, port: address.port, noDelay: true });
}

function openTls({ host, port }: TcpAddress, tls: ClientTls | undefined): Socket {
  const socket = connectTls({ host, port, ...tlsOptions(tls, host) });
  socket.setNoDelay(true);
  return socket;
}

/** Wraps a connected socket. */
export function socketTransport(socket: Socket): ByteTransport {
  return new SocketTransport(socket, CLOSED);
}

/** For messages: `unix:/path`, `host:port` or a URL. */
export function describeAddress(address: SocketAddress): string {
  if (address.kind === 'websocket') return address.url;
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

const CLOSED = 'closed by the hive';
/** TLS 1.3 tells a client nothing of a certificate that the other side does not take. */
const SILENT_TLS = 'closed by the hive before it said anything: maybe it does not take this client certificate';

class SocketTransport implements ByteTransport {
  readonly #socket: Socket;
  #isCorked = false;
  #isStarted = false;
  #reason: string;

  /** `silentEnd`: what an end without an error and without a byte of the hive means. */
  constructor(socket: Socket, silentEnd: string) {
    this.#socket = socket;
    this.#reason = silentEnd;
    // Until start: an error now must not end the process; `close` tells it.
    socket.on('error', (error) => {
      this.#reason = codeOf(error);
    });
  }

  start(handlers: ByteHandlers): void {
    assert(!this.#isStarted, 'a transport is started once');
    this.#isStarted = true;
    const socket = this.#socket;
    if (socket.closed) {
      queueMicrotask(() => handlers.closed(this.#reason));
    } else {
      socket.on('data', (chunk) => handlers.data(chunk));
      socket.once('data', () => {
        this.#reason = CLOSED;
      });
      if (handlers.drained !== undefined) socket.on('drain', () => handlers.drained?.());
      socket.once('close', () => handlers.closed(this.#reason));
    }
  }

  send(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    // A peer that hangs must not keep the process alive: what is queued does, the wait for its answer does not.
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(linger));
    socket.unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return tlsTrouble(code) ?? code;
}
