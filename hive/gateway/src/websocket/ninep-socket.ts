// One WebSocket that carries 9P: its binary messages are the bytes of a 9P connection, and where a message ends means
// nothing. Both sides make each other wait: what the hive has not taken stops the reading of the socket, what the caller has
// not taken stops the hive.

import type { ByteTransport } from '@cohesix/client';
import type { WebSocket } from 'ws';

/** Bounds of one. */
export interface NinepSocketOptions {
  /** Bytes that may wait in each direction before the other side does. */
  readonly queueBytes: number;
  /** Time between two looks whether the caller is still there, ms; one that is silent for two of them is cut. */
  readonly pingMs: number;
}

/** RFC 6455, 7.4.1: what a close frame says. */
export const CLOSE = { normal: 1000, goingAway: 1001, unsupportedData: 1003 } as const;

/** RFC 6455, 5.5: a control frame has at most 125 bytes, two of them the code. */
const REASON_BYTES_MAX = 123;

/** How long a caller may take to answer a close frame, ms. */
export const CLOSE_TIMEOUT_MS = 2000;

/** Moves bytes until either side ends; `onGone` once then. */
export class NinepSocket {
  readonly #socket: WebSocket;
  readonly #hive: ByteTransport;
  readonly #options: NinepSocketOptions;
  readonly #liveness: NodeJS.Timeout;
  #isHiveHeld = false;
  #isGone = false;
  /** Looks since the caller last sent or took anything. */
  #silentLooks = 0;

  constructor(socket: WebSocket, hive: ByteTransport, options: NinepSocketOptions, onGone: () => void) {
    this.#socket = socket;
    this.#hive = hive;
    this.#options = options;
    this.#liveness = setInterval(() => this.#look(), options.pingMs).unref();
    socket.on('message', (data: Buffer, isBinary) => this.#message(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('ping', () => this.#heard());
    // What is wrong is in the close frame that ws sends (1002, 1007, 1009); the caller has it.
    socket.on('error', () => {});
    socket.once('close', (code) => {
      this.#end(code);
      onGone();
    });
    hive.start({
      data: (chunk) => this.#answer(chunk),
      closed: (reason) => this.#hiveClosed(reason),
      drained: () => this.#socket.resume(),
    });
  }

  /** Ends it from this side; settled when it is gone, at the latest after `CLOSE_TIMEOUT_MS`. */
  async end(code: number, reason: string): Promise<void> {
    const gone = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#close(code, reason);
    await gone;
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, Buffer.byteLength(reason) > REASON_BYTES_MAX ? '' : reason);
    // A paused socket would not see the answer.
    this.#socket.resume();
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#heard();
    if (this.#isGone || this.#socket.readyState !== this.#socket.OPEN) return;
    if (!isBinary) return this.#close(CLOSE.unsupportedData, '9P travels in binary messages.');
    if (data.length === 0) return;
    this.#hive.send(data);
    if ((this.#hive.queuedBytes ?? 0) > this.#options.queueBytes) this.#socket.pause();
  }

  #answer(chunk: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(chunk, () => this.#taken());
    if (this.#isHiveHeld || this.#socket.bufferedAmount <= this.#options.queueBytes) return;
    this.#isHiveHeld = true;
    this.#hive.pause();
  }

  /** Something went into the socket; while the queue is full, because the caller took something. */
  #taken(): void {
    if (this.#isHiveHeld) this.#heard();
    if (!this.#isHiveHeld || this.#isGone || this.#socket.bufferedAmount > this.#options.queueBytes / 2) return;
    this.#isHiveHeld = false;
    this.#hive.resume();
  }

  #hiveClosed(reason: string): void {
    this.#isGone = true;
    this.#close(CLOSE.normal, reason);
  }

  #end(code: number): void {
    clearInterval(this.#liveness);
    if (this.#isGone) return;
    this.#isGone = true;
    if (code !== CLOSE.normal && code !== CLOSE.goingAway) return this.#hive.destroy();
    this.#hive.resume();
    this.#hive.close();
  }

  #heard(): void {
    this.#silentLooks = 0;
  }

  #look(): void {
    // Not read because the hive takes its time: what the caller says to it is not heard either.
    if (this.#socket.isPaused && !this.#isHiveHeld) this.#heard();
    if (this.#silentLooks >= 2) return this.#socket.terminate();
    this.#silentLooks += 1;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}
