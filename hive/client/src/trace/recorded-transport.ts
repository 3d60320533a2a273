// A transport below a client, with somebody who sees each message before it arrives. Bytes pass as they are, but of
// answers that come together each gets a turn of the event loop: what a client does with the first is done before it
// sees the second, so that the order of what happens follows from the order of the answers and a replay repeats it.

import type { ByteHandlers, ByteTransport } from '../byte-transport.ts';
import { FrameTap } from './frame-tap.ts';

/** Runs something in a later turn of the event loop, when all that is due now has happened: `setImmediate` of Node. */
export type Turn = (run: () => void) => void;

/** Who sees. */
export interface Watcher {
  /** A request, before it is sent. */
  request(frame: Uint8Array): void;
  /** An answer, before it arrives. */
  response(frame: Uint8Array): void;
  /** Something passed that is no message. */
  broken(): void;
}

/** Bytes on their way to the client, up to the end of `frame` where one ends. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly frame: Uint8Array | undefined;
}

/** Wraps a transport. What waits here is bounded by the client's requests in flight. */
export class RecordedTransport implements ByteTransport {
  readonly #inner: ByteTransport;
  readonly #watcher: Watcher;
  readonly #turn: Turn;
  readonly #requests = new FrameTap();
  readonly #responses = new FrameTap();
  readonly #waiting: Piece[] = [];
  #handlers: ByteHandlers | undefined;
  #isWaiting = false;
  /** Why the inner one is gone. */
  #gone: string | undefined;

  constructor(inner: ByteTransport, { watcher, turn }: { readonly watcher: Watcher; readonly turn: Turn }) {
    this.#inner = inner;
    this.#watcher = watcher;
    this.#turn = turn;
  }

  start(handlers: ByteHandlers): void {
    this.#handlers = handlers;
    this.#inner.start({
      data: (chunk) => {
        this.#waiting.push(...this.#pieces(chunk));
        this.#deliver();
      },
      closed: (reason) => {
        this.#gone = reason;
        this.#deliver();
      },
    });
  }

  send(bytes: Uint8Array): void {
    for (const { frame } of this.#requests.feed(bytes)) this.#watcher.request(frame);
    if (this.#requests.isBroken) this.#watcher.broken();
    this.#inner.send(bytes);
  }

  #pieces(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    let start = 0;
    for (const { frame, end } of this.#responses.feed(chunk)) {
      pieces.push({ bytes: chunk.subarray(start, end), frame });
      start = end;
    }
    if (start < chunk.length) pieces.push({ bytes: chunk.subarray(start), frame: undefined });
    if (this.#responses.isBroken) this.#watcher.broken();
    return pieces;
  }

  /** The next piece now, the ones behind it a turn later each. */
  #deliver(): void {
    if (this.#isWaiting) return;
    const piece = this.#waiting.shift();
    if (piece === undefined) {
      if (this.#gone !== undefined) this.#handlers?.closed(this.#gone);
      return;
    }
    if (piece.frame !== undefined) this.#watcher.response(piece.frame);
    this.#handlers?.data(piece.bytes);
    if (this.#waiting.length === 0 && this.#gone === undefined) return;
    this.#isWaiting = true;
    this.#turn(() => {
      this.#isWaiting = false;
      this.#deliver();
    });
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(): void {
    this.#inner.close();
  }

  destroy(): void {
    this.#inner.destroy();
  }
}
