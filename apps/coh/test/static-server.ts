// A web host of plain files for tests, and one that misbehaves as a test wants it.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A server that listens, and how to end it. */
export interface TestServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves whatever `listener` answers, on loopback. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Serves the files of a directory. */
export function serveFiles(directory: string): Promise<TestServer> {
  return serve((request, response) => {
    const path = join(directory, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    if (!existsSync(path) || !statSync(path).isFile()) response.writeHead(404).end('no');
    else response.end(readFileSync(path));
  });
}
