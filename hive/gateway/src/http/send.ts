// Writes replies. Every one has the headers that keep a browser from doing more with it than it should; a body of events is
// written as its reader takes it, so that a reader who does not read costs one piece and its place.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EventSource, Reply } from '../route.ts';

/** On every reply that does not say otherwise: nothing may be run, framed, guessed or kept. */
const SECURITY: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

/** On pages besides: browsers that do not know `frame-ancestors`, and links out of them. Each header costs a reply a percent or two. */
const PAGE: Readonly<Record<string, string>> = { 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' };

/** What is known of the reply besides its content. */
export interface Sending {
  /** Told to callers who may send a write again: only this start of the gateway knows their keys. */
  readonly instance: string | undefined;
  /** A page from elsewhere that may read it. */
  readonly origin: string | undefined;
  /** Answer to HEAD: the head only. */
  readonly isHead: boolean;
  /** The connection is of no more use: the body of the request was not read, or the gateway closes. */
  readonly isLast: boolean;
  /** Longest time a reader takes nothing of what waits for it, ms; then the connection is cut. */
  readonly stallMs: number;
  /** Ends a connection that is of no use, not many of them in one turn. */
  readonly cut: (socket: Duplex) => void;
}

/** Writes a reply whose body is at hand. */
export function sendBody(
  response: ServerResponse,
  reply: Reply & { readonly body: string | Uint8Array },
  how: Sending,
): void {
  const { body } = reply;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // An answer that has no body has no length of one either (RFC 9110, 8.6); that of a 304 would be the content's.
  const lengthHeader = reply.status === 304 ? [] : ['content-length', length];
  response.writeHead(reply.status, [...headersOf(reply, how), ...lengthHeader]);
  if (how.isHead) response.end();
  // Of as many bytes as characters, a text is ASCII, and Node writes that as Latin-1 with less work than as UTF-8.
  else response.end(body, length === body.length ? 'latin1' : 'utf8');
  if (response.writableLength > 0) cutWhenStalled(response, how);
}

/** Writes a body of events; settled when it has ended, by whichever side. */
export async function sendEvents(
  response: ServerResponse,
  reply: Reply & { readonly events: EventSource },
  how: Sending,
): Promise<void> {
  response.writeHead(reply.status, [...headersOf(reply, how)]);
  const pieces = reply.events[Symbol.asyncIterator]();
  if (how.isHead) response.end();
  else {
    response.flushHeaders();
    await new EventPump(response, how).run(pieces);
  }
  void pieces.return?.().then(undefined, () => {});
}

/** Moves pieces to a reader. One promise at a time waits for it to go away: a stream lives long. */
class EventPump {
  readonly #response: ServerResponse;
  readonly #how: Sending;
  #isGone = false;
  #wake: () => void = () => undefined;

  constructor(response: ServerResponse, how: Sending) {
    this.#response = response;
    this.#how = how;
    response.once('close', () => {
      this.#isGone = true;
      this.#wake();
    });
  }

  /** Runs until there are no more or nobody reads them; a source that fails cuts the connection, since its end would lie. */
  async run(pieces: AsyncIterator<string | Uint8Array>): Promise<void> {
    try {
      while (!this.#isGone) {
        const next = await this.#unlessGone(pieces.next());
        if (next === undefined) return;
        if (next.done) {
          this.#response.end();
          return;
        }
        if (!this.#response.write(next.value)) await this.#drained();
      }
    } catch {
      this.#response.destroy();
    }
  }

  #unlessGone<T>(settling: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      settling.then(resolve, reject);
    });
  }

  async #drained(): Promise<void> {
    const { socket } = this.#response;
    const timer = setTimeout(() => socket && this.#how.cut(socket), this.#how.stallMs);
    let taken: () => void = () => undefined;
    await this.#unlessGone(
      new Promise<void>((resolve) => {
        taken = resolve;
        this.#response.once('drain', taken);
      }),
    );
    this.#response.off('drain', taken);
    clearTimeout(timer);
  }
}

/** The kernel did not take all of an answer: its reader has so long to take more. */
function cutWhenStalled(response: ServerResponse, { stallMs, cut }: Sending): void {
  const { socket } = response;
  if (socket === null) return;
  const stalled = (): void => cut(socket);
  socket.setTimeout(stallMs, stalled);
  response.once('finish', () => {
    socket.off('timeout', stalled);
    socket.setTimeout(0);
  });
}

/** Names and values in turns, which Node writes with less work than an object's. */
type HeaderList = readonly (string | number)[];

/** What a reply of this type has when nothing is special about it. Types are ours, so they are few. */
const USUAL = new Map<string, HeaderList>();

function headersOf(reply: Reply, how: Sending): HeaderList {
  const { origin, instance, isLast } = how;
  const isUsual = reply.headers === undefined && origin === undefined && instance === undefined && !isLast;
  const known = isUsual ? USUAL.get(reply.type) : undefined;
  if (known !== undefined) return known;
  const list = Object.entries(allHeadersOf(reply, how)).flat();
  if (isUsual) USUAL.set(reply.type, list);
  return list;
}

function allHeadersOf(reply: Reply, { instance, origin, isLast }: Sending): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': reply.type, ...SECURITY };
  if (reply.type.startsWith('text/html')) Object.assign(headers, PAGE);
  if (reply.headers !== undefined) Object.assign(headers, reply.headers);
  if (origin !== undefined) Object.assign(headers, corsHeaders(origin), varyOf(reply));
  if (instance !== undefined) headers['x-cohesix-instance'] = instance;
  if (isLast) headers.connection = 'close';
  return headers;
}

/** Answers that differ by more than who asks say both. */
function varyOf({ headers }: Reply): Readonly<Record<string, string>> {
  return headers?.vary === undefined ? {} : { vary: `${headers.vary}, Origin` };
}

/** What lets the page of a listed origin read an answer. */
export function corsHeaders(origin: string): Readonly<Record<string, string>> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after, mcp-session-id, www-authenticate, x-cohesix-instance',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'Origin',
  };
}
