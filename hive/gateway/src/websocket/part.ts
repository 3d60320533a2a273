// 9P over WebSocket at `/v1/9p` (RFC 6455): the same session code as over TCP. The subprotocol must be `9p2000.L`; the ticket
// travels in Tattach, as over any 9P connection, and never in the URL. Host and Origin were checked before.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ByteTransport, NINEP_SUBPROTOCOL } from '@cohesix/client';
import { refusal } from '@cohesix/wire';
import { WebSocketServer } from 'ws';
import { answerRaw } from '../http/listener.ts';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import { CLOSE, CLOSE_TIMEOUT_MS, NinepSocket } from './ninep-socket.ts';

/** Where it is. */
const NINEP_PATH = '/v1/9p';

/** Frames of one message; ws keeps each until the last has come. */
const FRAGMENTS_MAX = 4096;

/** The part. */
export function websocketPart(context: PartContext): GatewayPart {
  const door = new WebSocketDoor(context);
  return {
    routes: [],
    upgrades: new Map([[NINEP_PATH, (request, socket, head) => void door.upgrade(request, socket, head)]]),
    close: () => door.close(),
  };
}

class WebSocketDoor {
  readonly #context: PartContext;
  readonly #open = new Set<NinepSocket>();
  readonly #server: WebSocketServer;
  #isClosed = false;
  #nextLocal = 1;

  constructor(context: PartContext) {
    this.#context = context;
    // Two bounds that @types/ws does not know yet.
    const newer = { maxFragments: FRAGMENTS_MAX, closeTimeout: CLOSE_TIMEOUT_MS };
    this.#server = new WebSocketServer({
      ...newer,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: context.settings.webSocketMessageBytesMax,
      handleProtocols: () => NINEP_SUBPROTOCOL,
    });
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until ws has the socket, an error of it must not end the process.
    socket.on('error', () => {});
    if (!offers(request.headers['sec-websocket-protocol'])) return answerRaw(socket, WRONG_PROTOCOL);
    const address = request.socket.remoteAddress ?? '';
    const release = this.#context.streams.take(this.#holder(address));
    if (release === undefined) return answerRaw(socket, NO_PLACE);
    socket.once('close', release);
    const hive = await this.#context.hive.ninep(address);
    if (!hive.ok) return answerRaw(socket, problem(hive.refusal));
    if (!socket.destroyed && !this.#isClosed) return this.#take(hive.value, { request, socket, head });
    socket.destroy();
    hive.value.destroy();
  }

  /** Who holds a place: a machine. Callers of this one are told apart, as the hive does. */
  #holder(address: string): string {
    const isLocal = address === '::1' || /^(?:::ffff:)?127\./.test(address);
    return isLocal ? `websocket#${this.#nextLocal++}` : address;
  }

  /** Ends every WebSocket, and cuts those that do not answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ended = [...this.#open].map((one) => one.end(CLOSE.goingAway, 'The gateway stops.'));
    await Promise.all(ended);
  }

  #take(hive: ByteTransport, { request, socket, head }: Upgrade): void {
    // ws answers what is wrong with the handshake itself; then the callback is never called.
    let isTaken = false;
    socket.once('close', () => {
      if (!isTaken) hive.destroy();
    });
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      isTaken = true;
      const { webSocketQueueBytes: queueBytes, webSocketPingMs: pingMs } = this.#context.settings;
      const options = { queueBytes, pingMs };
      const one = new NinepSocket(webSocket, hive, options, () => this.#open.delete(one));
      this.#open.add(one);
    });
  }
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

const WRONG_PROTOCOL = problem(
  refusal(
    'invalid-payload',
    `Ask for the subprotocol ${NINEP_SUBPROTOCOL}: Sec-WebSocket-Protocol: ${NINEP_SUBPROTOCOL}.`,
  ),
);
const NO_PLACE = problem(refusal('limit', 'All places for WebSockets and event streams are taken.'));

/** Whether a `Sec-WebSocket-Protocol` header names ours. */
function offers(header: string | undefined): boolean {
  return header?.split(',').some((one) => one.trim() === NINEP_SUBPROTOCOL) === true;
}
