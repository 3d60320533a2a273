// Two ends of a connection in memory. Bytes arrive in a later microtask, in pieces of a chosen size, so that every
// split of a frame can be tried; either end can die at any moment.

import type { ByteHandlers, ByteTransport } from '../src/byte-transport.ts';

export class MemoryTransport implements ByteTransport {
  peer: MemoryTransport | undefined;
  /** Size of the pieces this end receives. */
  chunkBytes: number;
  /** Whether several messages sent together arrive as one piece (up to `chunkBytes`). */
  #incoming: Uint8Array[] = [];
  #isScheduled = false;
  #isPaused = false;
  #isOver = false;
  #handlers: ByteHandlers | undefined;
  /** Bytes ever sent by this end. */
  sentBytes = 0;

  constructor(chunkBytes: number) {
    this.chunkBytes = chunkBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  start(handlers: ByteHandlers): void {
    this.#handlers = handlers;
    this.#schedule();
  }

  send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.sentBytes += bytes.length;
    this.peer?.arrive(bytes.slice());
  }

  arrive(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isPaused || this.#handlers === undefined) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    const bytes = Buffer.concat(this.#incoming);
    this.#incoming = [];
    for (let at = 0; at < bytes.length && !this.#isOver; at += this.chunkBytes) {
      if (this.#isPaused) {
        this.#incoming.unshift(bytes.subarray(at));
        return;
      }
      this.#handlers?.data(new Uint8Array(bytes.subarray(at, at + this.chunkBytes)));
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  close(): void {
    this.destroy();
  }

  destroy(): void {
    this.die('closed');
    const { peer } = this;
    queueMicrotask(() => queueMicrotask(() => peer?.die('closed by the peer')));
  }

  /** This end learns that the connection is gone. */
  die(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    queueMicrotask(() => this.#handlers?.closed(reason));
  }
}

/** A connected pair; the client's end receives in pieces of `chunkBytes`. */
export function transportPair(chunkBytes: number = 1 << 20): { client: MemoryTransport; server: MemoryTransport } {
  const client = new MemoryTransport(chunkBytes);
  const server = new MemoryTransport(1 << 20);
  client.peer = server;
  server.peer = client;
  return { client, server };
}
