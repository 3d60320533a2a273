// What is under way on each connection. A connection has one request in work at a time: those that were sent without waiting for
// the answer (pipelined) wait here, unread and few, so that a caller who asks and does not read costs one answer.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Pacer } from '../queues/pacer.ts';
import type { Exchange } from './exchange.ts';

/** Requests of one connection that may wait for the one before; one more, and the connection is cut. */
const PIPELINE_MAX = 64;

/** New connections that are served, and connections that are ended: 500 a second. Of a flood each has 64 requests, which take 1 to 2 ms. */
const CONNECTION_PACE = { perTurn: 1, perHolder: 1, turnMs: 2 };

interface Connection {
  /** The last request that was begun. */
  current: Exchange;
  readonly waiting: Exchange[];
  isReadingPieces: boolean;
  /** Requests waited here before: the socket is kept from being resumed while some do. */
  isGuarded: boolean;
}

/** The connections of one gateway. */
export class Connections {
  readonly #open = new WeakMap<Duplex, Connection>();
  readonly #comings = new Pacer(CONNECTION_PACE);
  readonly #endings = new Pacer(CONNECTION_PACE);

  /**
   * A connection has come; of a crowd each is served (`serve`) when its turn has come: a thousand parsers made at once would hold up
   * everybody for a tenth of a second, and the first bytes of each may be many requests.
   */
  came(socket: Duplex, serve: () => void): void {
    const go = (): void => {
      if (!socket.destroyed) serve();
    };
    if (this.#comings.begin('', go)) serve();
    else socket.on('error', () => socket.destroy()); // nobody else listens yet
  }

  /** Ends a connection; of a crowd each in its turn, since what waits on it has to be undone. */
  readonly cut = (socket: Duplex): void => this.end(() => void socket.destroy());

  /** Runs what ends a connection; of a crowd each in its turn. It must not throw. */
  end(how: () => void): void {
    if (this.#endings.begin('', how)) how();
  }

  /** Runs a request when those before it on its connection have been answered and their answers were taken. `run` must not throw. */
  begin(exchange: Exchange, run: (exchange: Exchange) => void): void {
    const { socket } = exchange.request;
    const connection = this.#open.get(socket);
    if (connection === undefined) this.#open.set(socket, newConnection(exchange));
    else if (isUnderWay(connection.current)) {
      this.#wait(connection, exchange, run);
      return;
    } else {
      connection.current = exchange;
      connection.isReadingPieces = false;
    }
    run(exchange);
  }

  /** Whether an answer was begun and not ended: nothing else may be written there. */
  isAnswering(socket: Duplex): boolean {
    const current = this.#open.get(socket)?.current;
    return current !== undefined && isUnderWay(current) && current.response.headersSent;
  }

  /** Whether a request of a connection has not been answered. */
  isUnderWay(socket: Duplex): boolean {
    const current = this.#open.get(socket)?.current;
    return current !== undefined && isUnderWay(current);
  }

  /** The body of the present request is read piece by piece, in its own time. */
  readingPieces(socket: Duplex): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isReadingPieces = true;
  }

  isReadingPieces(socket: Duplex): boolean {
    const connection = this.#open.get(socket);
    return connection !== undefined && isUnderWay(connection.current) && connection.isReadingPieces;
  }

  #wait(connection: Connection, exchange: Exchange, run: (exchange: Exchange) => void): void {
    const { socket } = exchange.request;
    connection.waiting.push(exchange);
    if (connection.waiting.length > PIPELINE_MAX) socket.destroy();
    else if (connection.waiting.length === 1) {
      stayPaused(connection, socket);
      connection.current.response.once('close', () => this.#next(connection, run));
    }
  }

  #next(connection: Connection, run: (exchange: Exchange) => void): void {
    const exchange = connection.waiting.shift();
    if (exchange === undefined || exchange.request.socket.destroyed) return;
    connection.current = exchange;
    connection.isReadingPieces = false;
    if (connection.waiting.length > 0) exchange.response.once('close', () => this.#next(connection, run));
    else exchange.request.socket.resume();
    run(exchange);
  }
}

function isUnderWay({ response }: Exchange): boolean {
  return !response.writableFinished && !response.destroyed;
}

function newConnection(current: Exchange): Connection {
  return { current, waiting: [], isReadingPieces: false, isGuarded: false };
}

/** Takes no more from a socket while requests wait. Node resumes it with each request that has no body, so it is paused anew. */
function stayPaused(connection: Connection, socket: Socket): void {
  if (!connection.isGuarded) {
    connection.isGuarded = true;
    socket.on('resume', () => {
      if (connection.waiting.length > 0) socket.pause();
    });
  }
  socket.pause();
}
