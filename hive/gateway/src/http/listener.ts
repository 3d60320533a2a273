// The HTTP server below the routes: node:http or node:https with every bound set, what is not HTTP answered and cut, and
// connections counted. docs/adr/0017 says why there is no framework.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { assert } from '@cohesix/check';
import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import type { Tally } from '../counters.ts';
import type { Tarpit } from '../queues/tarpit.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Connections } from './connections.ts';
import { type ProblemReply, problem } from './problem.ts';

/** What a listener hands on. */
export interface ListenerHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether a request that asks for another protocol gets it; otherwise it is answered as if it had not asked. */
  readonly mayUpgrade: (request: IncomingMessage) => boolean;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Bounds and what is counted. */
export interface ListenerOptions {
  readonly settings: GatewaySettings;
  readonly tls: TlsOptions | undefined;
  readonly tally: Tally;
  readonly connections: Connections;
  readonly tarpit: Tarpit;
}

/** How often connections are looked at for what they owe, ms. */
const CHECK_MS = 1000;

/** Connections the kernel keeps for us; all of them are taken in one turn. */
const BACKLOG = 256;

/** A server that listens. */
export class Listener {
  readonly #server: Server;
  readonly #parts: ListenerOptions;
  /** Sockets that were turned away: what else comes there is not looked at. */
  readonly #turned = new WeakSet<Duplex>();

  constructor(handlers: ListenerHandlers, parts: ListenerOptions) {
    const { settings, tls, tally, connections } = parts;
    this.#parts = parts;
    const options = {
      maxHeaderSize: settings.headerBytesMax,
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.bodyTimeoutMs,
      keepAliveTimeout: settings.keepAliveMs,
      connectionsCheckingInterval: CHECK_MS,
      requireHostHeader: false, // the guard answers with a problem
      optimizeEmptyRequests: true, // most requests have no body: no stream is run through its life for them
      shouldUpgradeCallback: handlers.mayUpgrade,
    };
    const server = tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tls });
    server.maxHeadersCount = 0; // Node would drop the rest; the guard refuses them
    server.maxConnections = settings.connectionsMax;
    server.on('request', handlers.request);
    server.on('checkContinue', handlers.request); // who reads the body says so
    server.on('upgrade', handlers.upgrade);
    server.on('connect', (_, socket: Duplex) => answerRaw(socket, problem(NO_TUNNELS, { status: 405 })));
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#turnAway(error, socket as Socket));
    inTurn(server, tls === undefined ? 'connection' : 'secureConnection', connections);
    server.on('connection', (socket: Duplex) => this.#counted(socket));
    server.on('drop', () => {
      tally.connections.dropped += 1;
    });
    this.#server = server;
  }

  /** Takes the address; `unreachable` when it cannot be had. */
  async listen(at: { readonly host: string; readonly port: number }): Promise<Result<AddressInfo>> {
    const listening = await new Promise<Result<void>>((resolve) => {
      this.#server.once('error', ({ message }) => resolve(refuse('unreachable', `Cannot listen: ${message}`)));
      this.#server.listen({ ...at, backlog: BACKLOG }, () => resolve(ok(undefined)));
    });
    return listening.ok ? ok(this.#server.address() as AddressInfo) : listening;
  }

  /** Takes no more connections and ends idle ones; settled when none is left. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    return closed;
  }

  /** Ends every connection. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  #counted(socket: Duplex): void {
    const { connections } = this.#parts.tally;
    connections.open += 1;
    socket.once('close', () => {
      connections.open -= 1;
    });
  }

  /** Something came that is no request we take, or did not come in time. */
  #turnAway(error: NodeJS.ErrnoException, socket: Socket): void {
    const { connections, tally, tarpit } = this.#parts;
    const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (isLate && connections.isReadingPieces(socket)) return; // a long body has its own pace
    if (!/^(?:HPE|ERR_HTTP)_/.test(error.code ?? '')) socket.destroy(); // a lost connection, or no TLS
    if (socket.destroyed || this.#turned.has(socket)) return;
    this.#turned.add(socket);
    tally.turnedAway['bad-request'] += 1;
    socket.pause();
    const cut = (): void => void socket.destroy();
    const said = isLate ? TOO_LATE : (NOT_HTTP[error.code ?? ''] ?? BAD_REQUEST);
    // Node looks once a second who is late, so all of a second come together.
    const answer = (): void =>
      connections.end(() => (connections.isAnswering(socket) ? cut() : answerRaw(socket, said)));
    if (isLate) answer();
    else tarpit.refuse(socket.remoteAddress ?? '', { answer, cut });
  }
}

/** Puts the turns of `connections` before what Node does with a connection that came (`event`): parse HTTP on it. */
function inTurn(server: Server, event: string, connections: Connections): void {
  const [serve] = server.listeners(event) as ((this: Server, socket: Duplex) => void)[];
  assert(serve !== undefined, 'an HTTP server listens to its connections');
  server.removeListener(event, serve);
  server.on(event, (socket: Duplex) => connections.came(socket, () => serve.call(server, socket)));
}

const NO_TUNNELS = refusal('unsupported', 'This is no proxy.');
const TOO_LATE = problem(refusal('timeout', 'The request did not come in time.'), { status: 408 });
const BAD_REQUEST = problem(refusal('invalid-frame', 'This is no HTTP request that could be read in one way only.'));

/** Codes of Node's parser that have a status of their own. */
const NOT_HTTP: Readonly<Record<string, ProblemReply>> = {
  HPE_HEADER_OVERFLOW: problem(refusal('too-big', 'The headers of the request are too long.'), { status: 431 }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: problem(refusal('too-big', 'The chunk extensions are too long.')),
};

/** Answers on a bare socket, and ends it. */
export function answerRaw(socket: Duplex, { status, type, headers, body }: ProblemReply): void {
  const { title } = JSON.parse(body) as { readonly title: string };
  const lines = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'cache-control: no-store',
    'connection: close',
  ];
  if (!socket.writable) socket.destroy();
  else socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
