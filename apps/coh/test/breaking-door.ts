// A door in front of a hive's socket that breaks connections: the n-th one ends when so many bytes went in.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';

/** A door that breaks. */
export interface BreakingDoor {
  /** What `--to` takes. */
  readonly url: string;
  /** Connections that were broken. */
  readonly broken: () => number;
  readonly close: () => Promise<void>;
}

/** Opens one at `path` before the socket of a hive. `breaksAt`: bytes after which a connection ends, by its number from 1. */
export async function breakingDoor(
  socket: string,
  path: string,
  breaksAt: ReadonlyMap<number, number>,
): Promise<BreakingDoor> {
  let count = 0;
  let broken = 0;
  const server: Server = createServer((client) => {
    count += 1;
    const bytesMax = breaksAt.get(count) ?? Number.POSITIVE_INFINITY;
    let bytes = 0;
    const hive = connect(socket);
    const end = (): void => {
      client.destroy();
      hive.destroy();
    };
    client.on('data', (data) => {
      bytes += data.length;
      if (bytes <= bytesMax) return void hive.write(data);
      broken += 1;
      end();
    });
    hive.on('data', (data) => client.write(data));
    for (const side of [client, hive]) side.on('error', end).on('close', end);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    url: `unix:${path}`,
    broken: () => broken,
    close: async () => {
      server.close();
      rmSync(path, { force: true });
    },
  };
}
