// TLS in front of a protocol server: who has not shaken hands holds no connection of the protocol, and not for long.

import { createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { refusal } from '@cohesix/wire';
import type { NineDoor } from './door.ts';
import { peerOf } from './peer.ts';

/** What a server shows and asks, in the words of `tls.createServer`; PEM texts. */
export interface TlsServer {
  readonly cert: string;
  readonly key: string;
  /** Whose client certificates are taken; undefined: clients show none. */
  readonly ca: string | undefined;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2';
  /** Milliseconds from connecting to the end of the handshake. */
  readonly handshakeTimeout: number;
}

/** A stream server, and what ends the connections that are still shaking hands. */
export interface StreamServer {
  readonly server: Server;
  readonly endHandshakes: () => void;
}

/** How the sockets of a protocol server are, with or without TLS. */
export interface StreamServerOptions extends ServerOpts {
  readonly tls: TlsServer | undefined;
}

/** A server on stream sockets; `accept` gets each connection, behind TLS once the peer is known. */
export function createStreamServer(
  door: NineDoor,
  { tls, ...options }: StreamServerOptions,
  accept: (socket: Socket) => void,
): StreamServer {
  if (tls === undefined) return { server: createServer(options, accept), endHandshakes: () => {} };
  const server = createTlsServer({ ...options, ...tls }, accept);
  const shaking = new Map<string, Handshake>();
  server.on('connection', (raw: Socket) => {
    const name = nameOf(raw);
    const handshake: Handshake = { raw, peer: peerOf(raw.remoteAddress, 'tls'), why: 'certificate-refused' };
    shaking.set(name, handshake);
    raw.once('close', () => {
      if (!shaking.delete(name)) return;
      door.pressure.count(refusal('unauthenticated'), `op=tls peer=${handshake.peer} why=${handshake.why}`);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => shaking.delete(nameOf(socket)));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const handshake = shaking.get(nameOf(socket));
    if (handshake !== undefined) handshake.why = error.code ?? 'ended';
    socket.destroy();
  });
  return { server, endHandshakes: () => shaking.forEach(({ raw }) => void raw.destroy()) };
}

/** A connection that has no TLS yet. */
interface Handshake {
  readonly raw: Socket;
  readonly peer: string;
  /** What is told when it never has: Node closes without an error on a certificate that it does not take. */
  why: string;
}

/** What a raw socket and the TLS socket over it have in common. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
