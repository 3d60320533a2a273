// The console listener: many clients at once, each with its own session (the source system had one).

import type { Server, Socket } from 'node:net';
import type { NineDoor } from '../door.ts';
import { LimitedLines } from '../limited-lines.ts';
import { type ListenAddress, listenOn } from '../listen.ts';
import { peerOf } from '../peer.ts';
import { endSoon, sinkOf } from '../socket-sink.ts';
import { createStreamServer, type StreamServer, type TlsServer } from '../tls.ts';
import { ConsoleConnection } from './connection.ts';

const SWEEP_MS = 1000;

export class ConsoleServer {
  readonly #door: NineDoor;
  readonly #stream: StreamServer;
  readonly #live = new Map<Socket, ConsoleConnection>();
  readonly #sweep: NodeJS.Timeout;
  readonly #audit: LimitedLines;
  #nextPeer = 1;

  /** `token`: what AUTH compares with; `tls`: for connections that are encrypted, undefined for plain ones. */
  constructor(door: NineDoor, token: string, tls?: TlsServer) {
    this.#door = door;
    this.#audit = new LimitedLines('tcp.conn', door.ports.audit, door.ports.now);
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, tls };
    this.#stream = createStreamServer(door, options, (socket) => this.#accept(socket, token));
    this.#server.maxConnections = door.manifest.console.clients_max;
    this.#sweep = setInterval(() => this.#endSilent(), SWEEP_MS);
    this.#sweep.unref();
  }

  get #server(): Server {
    return this.#stream.server;
  }

  /** Starts listening; the address in use. Rejects when it cannot. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    return listenOn(this.#server, address);
  }

  /** Stops listening and ends every connection. */
  close(): Promise<void> {
    clearInterval(this.#sweep);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#stream.endHandshakes();
      for (const socket of this.#live.keys()) endSoon(socket);
    });
  }

  #accept(socket: Socket, token: string): void {
    const id = this.#nextPeer++;
    const peer = peerOf(socket.remoteAddress, `console#${id}`);
    const sink = sinkOf(socket, () => connection.drained());
    const connection = new ConsoleConnection(this.#door, sink, peer, token);
    this.#live.set(socket, connection);
    this.#audit.write(`.open conn_id=${id} peer=${peer}`);
    let reason: 'eof' | 'error' = 'eof';
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('end', () => connection.inputEnded());
    socket.on('error', () => {
      reason = 'error';
      socket.destroy();
    });
    socket.on('close', () => {
      connection.closed(reason);
      this.#live.delete(socket);
      this.#audit.write(`.close conn_id=${id} reason=${connection.closeReason ?? reason}`);
    });
  }

  #endSilent(): void {
    const now = this.#door.ports.now();
    const { auth_timeout_ms: authMs, idle_timeout_ms: idleMs } = this.#door.manifest.console;
    for (const connection of this.#live.values()) {
      const silentMs = now - connection.lastActive;
      if (!connection.isAuthenticated && silentMs > authMs) connection.timeOut();
      else if (connection.isAuthenticated && !connection.hasFollow && silentMs > idleMs) connection.timeOut();
    }
  }
}
