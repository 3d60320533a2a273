// Shown beside the others and compared with nothing: JetStream of Debian's NATS server, one server, a stream in files, in a
// process of its own. Its acknowledgement says that the message was written to a file, not that it was synced: by default
// that happens every two minutes. Servers from 2.10 on can sync always, and are told to; Debian 12 has 2.9.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import getPort from 'get-port';
import { type ReadyChild, startUntilLine } from '../child.ts';
import { NatsClient, problemIn } from './nats-client.ts';
import type { Store, StoreTarget } from './store.ts';

const SERVER = '/usr/sbin/nats-server';
const STREAM = 'records';

/** NATS JetStream of Debian. */
export const jetstream: StoreTarget = { name: 'jetstream', missing, open };

function missing(): string | undefined {
  return existsSync(SERVER) ? undefined : `${SERVER} is not installed (Debian package nats-server)`;
}

async function open(directory: string): Promise<Store> {
  mkdirSync(directory);
  const port = await getPort({ host: '127.0.0.1' });
  const { config, canSync } = configure(directory, port);
  const child = await startUntilLine({ command: SERVER, args: ['-c', config] }, isReady);
  const client = new NatsClient(port);
  await createStream(client, child);
  return {
    version: version(canSync),
    pid: child.pid,
    submit: (body, done) => client.ask(STREAM, body, (problem, payload) => done(problem ?? problemIn(payload))),
    close: async () => {
      try {
        return await count(client);
      } finally {
        client.close();
        await child.stop();
      }
    },
  };
}

/** Writes the configuration; `canSync`: whether this server knows `sync_interval`, which it is asked. */
function configure(directory: string, port: number): { readonly config: string; readonly canSync: boolean } {
  const config = join(directory, 'nats.conf');
  const write = (more: string): void =>
    writeFileSync(
      config,
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(directory)}${more} }\n`,
    );
  write(', sync_interval: always');
  const canSync = spawnSync(SERVER, ['-t', '-c', config]).status === 0;
  if (!canSync) write('');
  return { config, canSync };
}

function isReady(line: string): true | undefined {
  return line.includes('Server is ready') ? true : undefined;
}

async function createStream(client: NatsClient, child: ReadyChild<true>): Promise<void> {
  try {
    const stream = { name: STREAM, subjects: [STREAM], storage: 'file', num_replicas: 1 };
    await client.request(`$JS.API.STREAM.CREATE.${STREAM}`, { ...stream, retention: 'limits', discard: 'new' });
  } catch (error) {
    client.close();
    await child.stop();
    throw error;
  }
}

async function count(client: NatsClient): Promise<number> {
  const { state } = await client.request(`$JS.API.STREAM.INFO.${STREAM}`);
  return (state as { readonly messages: number }).messages;
}

function version(canSync: boolean): string {
  const name = execFileSync(SERVER, ['--version'], { encoding: 'utf8' }).trim();
  const sync = canSync ? 'sync_interval=always' : 'its acknowledgement is no fsync: it knows no sync_interval=always';
  return `${name}, JetStream in files, compared with nothing; ${sync}`;
}
