// A fresh hive in this process with every door open, and the doors as ways to a client: what a script needs to be run the
// same way in process, over 9P on TCP, on the unix socket and in a WebSocket, over the console, and over REST.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type HiveClient, InProcessClient } from '@cohesix/client';
import { openHttp } from '@cohesix/coh';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import type { Result } from '@cohesix/wire';

/** A hive and what opens its doors. */
export interface Stand {
  readonly hive: Hive;
  readonly ticket: (name: 'queen' | 'approver') => string;
  readonly consoleToken: string;
  /** Ends it and removes its folder. */
  readonly stop: () => Promise<void>;
}

/** Changes the manifest of a hive. */
export type Adjust = (manifest: Manifest) => Manifest;

/** Makes the session of a ticket. */
export type Door = (stand: Stand, role: string, ticket: string) => Promise<Result<HiveClient>>;

/** Starts a hive on a folder of its own. @throws Error when it does not come up. */
export async function startStand(adjust: Adjust = quiet): Promise<Stand> {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-doors-'));
  const started = await startHive({ directory, openHttp, adjust: (manifest) => onFreePorts(adjust(manifest)) });
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  const text = (path: string): string => readFileSync(path, 'utf8').trim();
  return {
    hive,
    ticket: (name) => text(name === 'queen' ? hive.paths.queenTicket : hive.paths.approverTicket),
    consoleToken: text(hive.paths.consoleToken),
    stop: async () => {
      await hive.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** No worker reports by itself after its first line: the size of a stream would depend on the time. */
export function quiet(manifest: Manifest): Manifest {
  const workers = { ...manifest.workers, host_interval_ms: 600_000, heartbeat_interval_ms: 600_000 };
  return { ...manifest, workers };
}

const ANY_PORT = '127.0.0.1:0';

function onFreePorts(manifest: Manifest): Manifest {
  return { ...manifest, listen: { ...manifest.listen, secure9p: ANY_PORT, console: ANY_PORT, http: ANY_PORT } };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Names of the doors. */
export type DoorName =
  | 'in process'
  | '9P over TCP'
  | '9P over the unix socket'
  | '9P over WebSocket'
  | 'console'
  | 'REST';

/** Every door there is. */
export const DOORS: Readonly<Record<DoorName, Door>> = {
  'in process': async ({ hive }, _role, ticket) => {
    const session = hive.attach(ticket);
    return session.ok ? { ok: true, value: new InProcessClient(session.value) } : session;
  },
  '9P over TCP': async ({ hive }, role, ticket) => {
    const { host, port } = hive.addresses.secure9p as Address;
    return connect({ url: `9p://${host}:${port}`, role, ticket });
  },
  '9P over the unix socket': async ({ hive }, role, ticket) =>
    connect({ url: `unix:${hive.addresses.socket ?? ''}`, role, ticket }),
  console: async ({ hive, consoleToken }, role, ticket) => {
    const { host, port } = hive.addresses.console as Address;
    return connect({ url: `console://${host}:${port}`, role, ticket, consoleToken });
  },
  REST: async ({ hive }, role, ticket) => connect({ url: hive.addresses.http ?? '', role, ticket }),
  '9P over WebSocket': async ({ hive }, role, ticket) =>
    connect({ url: `${hive.addresses.http?.replace(/^http/, 'ws') ?? ''}/v1/9p`, role, ticket }),
};
