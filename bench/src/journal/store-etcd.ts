// The peer: Debian's etcd, one member with its defaults, in a process of its own. Each record is a key of its own.

import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import getPort from 'get-port';
import { type ReadyChild, startUntilLine } from '../child.ts';
import { EtcdClient } from './etcd-client.ts';
import type { Store, StoreTarget } from './store.ts';

const ETCD = '/usr/bin/etcd';

/** etcd of Debian 12. */
export const etcd: StoreTarget = { name: 'etcd', missing, open };

function missing(): string | undefined {
  try {
    accessSync(ETCD, constants.X_OK);
    return undefined;
  } catch {
    return `${ETCD} is not installed (Debian package etcd-server)`;
  }
}

async function open(directory: string): Promise<Store> {
  const { child, port } = await start(directory);
  const client = new EtcdClient(port);
  let number = 0;
  return {
    version: version(),
    pid: child.pid,
    submit: (body, done) => client.put(++number, body, done),
    close: async () => {
      try {
        return await client.count();
      } finally {
        client.close();
        await child.stop();
      }
    },
  };
}

async function start(directory: string): Promise<{ readonly child: ReadyChild<true>; readonly port: number }> {
  const port = await getPort({ host: '127.0.0.1' });
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await getPort({ host: '127.0.0.1', exclude: [port] })}`;
  const args = [
    ...['--name', 'bench', '--data-dir', directory, '--logger', 'zap'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `bench=${peer}`],
  ];
  const child = await startUntilLine({ command: ETCD, args }, isServing);
  return { child, port };
}

/** It says so when it is the leader of itself; a port that accepts would be too early. */
function isServing(line: string): true | undefined {
  return line.includes('serving client traffic') ? true : undefined;
}

function version(): string {
  const text = execFileSync(ETCD, ['--version'], { encoding: 'utf8' });
  return `etcd ${/etcd Version: (\S+)/.exec(text)?.[1] ?? '(version unknown)'}, gRPC, one connection`;
}
