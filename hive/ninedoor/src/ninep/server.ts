// 9P over stream sockets: TCP, TLS, and a unix socket. Owns the sockets; what they say is for NinepConnection.

import type { Server, Socket } from 'node:net';
import type { NineDoor } from '../door.ts';
import { type ListenAddress, listenOn } from '../listen.ts';
import { peerOf } from '../peer.ts';
import { endSoon, sinkOf } from '../socket-sink.ts';
import { createStreamServer, type StreamServer, type TlsServer } from '../tls.ts';
import { NinepConnection } from './connection.ts';
import { WaitingRoom } from './waiting-room.ts';
import { ninepWriterPool, type WriterPool } from './writer-pool.ts';

const KEEP_ALIVE_MS = 30_000;

export class NinepServer {
  readonly #door: NineDoor;
  readonly #stream: StreamServer;
  readonly #pool: WriterPool;
  readonly #sockets = new Set<Socket>();
  readonly #room: WaitingRoom;
  #nextPeer = 1;

  /** `tls`: for connections that are encrypted; undefined for plain ones. */
  constructor(door: NineDoor, tls?: TlsServer) {
    this.#door = door;
    this.#pool = ninepWriterPool(door.manifest);
    this.#room = new WaitingRoom(door);
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, tls };
    this.#stream = createStreamServer(door, options, (socket) => this.#accept(socket));
    this.#server.maxConnections = this.#room.connectionsMax;
  }

  get #server(): Server {
    return this.#stream.server;
  }

  /** Connections open now. */
  get connectionCount(): number {
    return this.#room.size;
  }

  /** Starts listening; the address in use (with the port the system chose for port 0). Rejects when it cannot. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    return listenOn(this.#server, address);
  }

  /** Stops listening and ends every connection. */
  close(): Promise<void> {
    this.#room.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#stream.endHandshakes();
      for (const socket of this.#sockets) endSoon(socket);
    });
  }

  #accept(socket: Socket): void {
    const sink = sinkOf(socket, () => connection.drained(), this.#door.traffic);
    const peer = peerOf(socket.remoteAddress, `9p#${this.#nextPeer++}`);
    const connection = new NinepConnection(this.#door, sink, peer, this.#pool);
    this.#sockets.add(socket);
    this.#room.enter(connection, () => void socket.destroy());
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('end', () => connection.inputEnded());
    let how: 'eof' | 'error' = 'eof';
    socket.on('error', () => {
      how = 'error';
      socket.destroy();
    });
    socket.on('close', () => {
      connection.closed(how);
      this.#sockets.delete(socket);
      this.#room.leave(connection);
    });
  }
}
