// 9P over stream sockets: TCP on loopback and a unix socket. Owns the sockets; what they say is for NinepConnection.

import { createServer, type Server, type Socket } from 'node:net';
import type { NineDoor } from '../door.ts';
import { type ListenAddress, listenOn } from '../listen.ts';
import { peerOf } from '../peer.ts';
import { endSoon, sinkOf } from '../socket-sink.ts';
import { NinepConnection } from './connection.ts';
import { WriterPool } from './writer-pool.ts';

/** What one waiting request adds at most to an answer that ends many: an Rlerror of 11 bytes, or an Rflush of 7. */
const SETTLED_BYTES = 11;
/** Connections without a session beyond those: their attach is answered with `limit`. One more is closed unanswered. */
const WAITING_MAX = 64;
const SWEEP_MS = 1000;
const KEEP_ALIVE_MS = 30_000;

interface Live {
  readonly socket: Socket;
  readonly connection: NinepConnection;
  /** When it last had no session attached; ends when that lasts longer than the handshake may take. */
  idleSince: number;
}

export class NinepServer {
  readonly #door: NineDoor;
  readonly #server: Server;
  readonly #pool: WriterPool;
  readonly #live = new Set<Live>();
  readonly #sweep: NodeJS.Timeout;
  #nextPeer = 1;

  constructor(door: NineDoor) {
    this.#door = door;
    const { msize, tags_per_session: tags } = door.manifest.secure9p;
    this.#pool = new WriterPool(msize * 2 + 2 * 65_536 + tags * SETTLED_BYTES);
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
      (socket) => this.#accept(socket),
    );
    this.#server.maxConnections = door.manifest.secure9p.sessions_max + WAITING_MAX;
    this.#sweep = setInterval(() => this.#endUnattached(), SWEEP_MS);
    this.#sweep.unref();
  }

  /** Connections open now. */
  get connectionCount(): number {
    return this.#live.size;
  }

  /** Starts listening; the address in use (with the port the system chose for port 0). Rejects when it cannot. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    return listenOn(this.#server, address);
  }

  /** Stops listening and ends every connection. */
  close(): Promise<void> {
    clearInterval(this.#sweep);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const { socket } of this.#live) endSoon(socket);
    });
  }

  #accept(socket: Socket): void {
    const sink = sinkOf(socket, () => connection.drained(), this.#door.traffic);
    const connection = new NinepConnection(this.#door, sink, this.#peerOf(socket), this.#pool);
    const live: Live = { socket, connection, idleSince: this.#door.ports.now() };
    this.#live.add(live);
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('end', () => connection.inputEnded());
    let how: 'eof' | 'error' = 'eof';
    socket.on('error', () => {
      how = 'error';
      socket.destroy();
    });
    socket.on('close', () => {
      connection.closed(how);
      this.#live.delete(live);
    });
  }

  #peerOf(socket: Socket): string {
    const { remoteAddress } = socket;
    return peerOf(remoteAddress, `9p#${this.#nextPeer++}`);
  }

  #endUnattached(): void {
    const now = this.#door.ports.now();
    for (const live of this.#live) {
      if (live.connection.sessions.size > 0) live.idleSince = now;
      else if (now - live.idleSince > this.#door.manifest.secure9p.handshake_timeout_ms) live.socket.destroy();
    }
  }
}
