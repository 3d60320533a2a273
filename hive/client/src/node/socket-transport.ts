// ByteTransport over Node's sockets, TCP and Unix. Writes of one turn of the event loop leave in one packet: the
// socket is corked at the first and uncorked when the microtasks of the turn have run.

import { createConnection, type Socket } from 'node:net';
import { assert } from '@cohesix/check';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { ByteHandlers, ByteTransport } from '../byte-transport.ts';
import type { SocketAddress } from '../door-url.ts';

/** Milliseconds after `close` in which the peer may close its side; then the socket is destroyed. */
const LINGER_MS = 1000;

/** Connects; `unreachable` when refused or not there within `timeoutMs`. */
export function dialSocket(address: SocketAddress, timeoutMs: number): Promise<Result<ByteTransport>> {
  const socket =
    address.kind === 'unix'
      ? createConnection({ path: address.path })
      : createConnection({ host: address.host, port: address.port, noDelay: true });
  return new Promise((resolve) => {
    const fail = (why: string): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(refuse('unreachable', `No connection to ${describeAddress(address)}: ${why}.`));
    };
    const deadline = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('error', (error) => fail(codeOf(error)));
    socket.once('connect', () => {
      clearTimeout(deadline);
      socket.removeAllListeners('error');
      resolve(ok(socketTransport(socket)));
    });
  });
}

/** Wraps a connected socket. */
export function socketTransport(socket: Socket): ByteTransport {
  return new SocketTransport(socket);
}

/** For messages: `unix:/path` or `host:port`. */
export function describeAddress(address: SocketAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

class SocketTransport implements ByteTransport {
  readonly #socket: Socket;
  #isCorked = false;
  #isStarted = false;
  #reason = 'closed by the hive';

  constructor(socket: Socket) {
    this.#socket = socket;
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
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
