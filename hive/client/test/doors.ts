// The three clients over the memory hive, as the tests use them.

import { ok } from '@cohesix/wire';
import {
  ConsoleClient,
  type ConsoleOptions,
  type Dial,
  InProcessClient,
  NinePClient,
  realTimers,
  type Timers,
} from '../src/core.ts';
import { type ConsoleHooks, ConsoleServer } from './console-server.ts';
import { good } from './hive-client-suite.ts';
import { contractHive, MemoryDoor, type MemoryHive } from './memory-door.ts';
import { type MemoryTransport, transportPair } from './memory-transport.ts';
import { NinePServer, type ServerHooks } from './ninep-server.ts';

export function inProcess(hive: MemoryHive = contractHive()): { hive: MemoryHive; client: InProcessClient } {
  return { hive, client: new InProcessClient(new MemoryDoor(hive)) };
}

export interface DoorSettings {
  hive?: MemoryHive;
  hooks?: ServerHooks;
  consoleHooks?: ConsoleHooks;
  chunkBytes?: number;
  cannotPause?: boolean;
  timers?: Timers;
  deadlineMs?: number;
}

/** A client, the server it talks to, and the hive behind. */
export interface NinePDoor {
  readonly hive: MemoryHive;
  readonly server: NinePServer;
  readonly client: NinePClient;
  readonly transport: MemoryTransport;
}

export async function ninep(settings: DoorSettings = {}): Promise<NinePDoor> {
  const hive = settings.hive ?? contractHive();
  const pair = transportPair(settings.chunkBytes);
  const server = new NinePServer(new MemoryDoor(hive), pair.server, settings.hooks);
  const client = good(
    await NinePClient.attach(pair.client, {
      role: 'queen',
      ticket: 'ticket',
      timers: settings.timers ?? realTimers,
      ...(settings.deadlineMs === undefined ? {} : { deadlineMs: settings.deadlineMs }),
    }),
  );
  return { hive, server, client, transport: pair.client };
}

export function consoleDial(
  settings: DoorSettings,
  servers: ConsoleServer[],
  hive: MemoryHive,
  transports: MemoryTransport[] = [],
): Dial {
  return async () => {
    const pair = transportPair(settings.chunkBytes);
    if (settings.cannotPause === true) pair.client.pause = () => {};
    transports.push(pair.client);
    servers.push(new ConsoleServer(new MemoryDoor(hive), pair.server, settings.consoleHooks));
    return ok(pair.client);
  };
}

/** A client, the servers it made connections to, and the hive behind. */
export interface ConsoleDoor {
  readonly hive: MemoryHive;
  readonly servers: ConsoleServer[];
  readonly transports: MemoryTransport[];
  readonly client: ConsoleClient;
}

export async function consoleDoor(
  settings: DoorSettings = {},
  options: Partial<ConsoleOptions> = {},
): Promise<ConsoleDoor> {
  const hive = settings.hive ?? contractHive();
  const servers: ConsoleServer[] = [];
  const transports: MemoryTransport[] = [];
  const client = good(
    await ConsoleClient.attach(consoleDial(settings, servers, hive, transports), {
      token: 'console-token',
      role: 'queen',
      ticket: 'ticket',
      timers: settings.timers ?? realTimers,
      ...(settings.deadlineMs === undefined ? {} : { deadlineMs: settings.deadlineMs }),
      ...options,
    }),
  );
  return { hive, servers, transports, client };
}
