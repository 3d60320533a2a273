// Listening on a stream socket, for every protocol server alike: where to, and what came of it.

import type { Server } from 'node:net';

/** Where to listen: a TCP address or the path of a unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Starts listening; the address in use (with the port the system chose for port 0). Rejects when it cannot. */
export function listenOn(server: Server, address: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address);
    });
  });
}
