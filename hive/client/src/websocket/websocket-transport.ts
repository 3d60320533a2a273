// ByteTransport over a WebSocket as browsers have it: 9P as binary messages of the subprotocol `9p2000.L`, whose boundaries mean
// nothing. What is sent in one turn leaves in one message, because a message costs more than its bytes; a long one in several.
//
// A standard WebSocket cannot be paused. Over 9P that needs no bound of our own: nothing comes but answers, and as many as
// `requestsMax` and `msize` of the client allow.

import { assert } from '@cohesix/check';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { ByteHandlers, ByteTransport } from '../byte-transport.ts';
import { concatBytes } from '../concat-bytes.ts';

/** The subprotocol of 9P over WebSocket. */
export const NINEP_SUBPROTOCOL = '9p2000.L';

/** Longest message sent; gateways take at least this. */
const MESSAGE_BYTES_MAX = 65_536;
/** Milliseconds after `close` in which the other side may answer; then the transport is over without it. */
const LINGER_MS = 1000;

/** What is used of a WebSocket (WHATWG); a browser's, Node's, or that of a package. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: CloseLike) => void): void;
}

/** What a close tells. */
export interface CloseLike {
  readonly code: number;
  readonly reason: string;
}

/** Makes a WebSocket to a URL; default: the one of this JavaScript. */
export type MakeWebSocket = (url: string, subprotocol: string) => WebSocketLike;

const OPEN = 1;

/** Connects; `unreachable` when refused or not there within `timeoutMs`. Why it was refused a browser does not tell. */
export function dialWebSocket(
  url: string,
  timeoutMs: number,
  make: MakeWebSocket = standardWebSocket,
): Promise<Result<ByteTransport>> {
  return new Promise((resolve) => {
    const socket = make(url, NINEP_SUBPROTOCOL);
    const transport = new WebSocketTransport(socket);
    const fail = (why: string): void => {
      clearTimeout(deadline);
      transport.destroy();
      resolve(refuse('unreachable', `No connection to ${url}: ${why}.`));
    };
    const deadline = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    let why = 'it was refused';
    socket.addEventListener('error', ({ message }) => {
      if (message !== undefined && message !== '') why = message;
    });
    socket.addEventListener('close', ({ reason }) => fail(reason || why));
    socket.addEventListener('open', () => {
      if (socket.protocol !== NINEP_SUBPROTOCOL) return fail(`it does not speak ${NINEP_SUBPROTOCOL}`);
      clearTimeout(deadline);
      resolve(ok(transport));
    });
  });
}

function standardWebSocket(url: string, subprotocol: string): WebSocketLike {
  return new WebSocket(url, subprotocol) as WebSocketLike;
}

class WebSocketTransport implements ByteTransport {
  readonly #socket: WebSocketLike;
  #handlers: ByteHandlers | undefined;
  /** What came before `start`. */
  #early: Uint8Array[] = [];
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #over: string | undefined;
  #isTold = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    // A close event comes after each error, and says more.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code, reason }) => this.#end(reason || `closed with code ${code}`));
  }

  start(handlers: ByteHandlers): void {
    assert(this.#handlers === undefined, 'a transport is started once');
    this.#handlers = handlers;
    queueMicrotask(() => {
      for (const chunk of this.#early.splice(0)) handlers.data(chunk);
      this.#tell();
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#over !== undefined) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  get queuedBytes(): number {
    return this.#waitingBytes + this.#socket.bufferedAmount;
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.#flush();
    this.#socket.close(1000);
    this.#linger ??= setTimeout(() => this.#end('closed'), LINGER_MS);
  }

  destroy(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#socket.close();
    this.#end('closed');
  }

  #receive(data: unknown): void {
    if (this.#over !== undefined) return;
    if (!(data instanceof ArrayBuffer)) {
      this.#socket.close(1003, '9P travels in binary messages.');
      return this.#end('the hive sent a text message');
    }
    if (data.byteLength === 0) return;
    const chunk = new Uint8Array(data);
    if (this.#handlers === undefined || this.#early.length > 0) this.#early.push(chunk);
    else this.#handlers.data(chunk);
  }

  #flush(): void {
    this.#isScheduled = false;
    const bytes = concatBytes(this.#waiting.splice(0), this.#waitingBytes);
    this.#waitingBytes = 0;
    if (bytes.length === 0 || this.#socket.readyState !== OPEN) return;
    for (let at = 0; at < bytes.length; at += MESSAGE_BYTES_MAX) {
      this.#socket.send(bytes.subarray(at, at + MESSAGE_BYTES_MAX) as Uint8Array<ArrayBuffer>);
    }
  }

  #end(reason: string): void {
    clearTimeout(this.#linger);
    this.#over ??= reason;
    if (this.#early.length === 0) this.#tell();
  }

  #tell(): void {
    if (this.#over === undefined || this.#handlers === undefined || this.#isTold) return;
    this.#isTold = true;
    this.#handlers.closed(this.#over);
  }
}
