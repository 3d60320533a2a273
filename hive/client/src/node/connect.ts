// connect: a door's URL and a ticket in, an attached HiveClient out, with the retry policy for the connecting alone.

import { type Result, refuse } from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import { ConsoleClient } from '../console/console-client.ts';
import { type DoorAddress, parseDoorUrl } from '../door-url.ts';
import type { HiveClient } from '../hive-client.ts';
import { NinePClient } from '../ninep/ninep-client.ts';
import { RestClient } from '../rest/rest-client.ts';
import { RETRY_DEFAULT, type RetryPolicy, withRetry } from '../retry.ts';
import { realTimers, type Timers } from '../timers.ts';
import { nodeSender } from './http-sender.ts';
import { dialSocket } from './socket-transport.ts';
import type { ClientTls } from './tls.ts';

/** What `connect` needs. */
export interface ConnectOptions {
  /** What `parseDoorUrl` reads: `unix:/path`, `9p://host:port`, `9ps://`, `console://`, `ws://`, `http://` and their like. */
  readonly url: string;
  readonly role: string;
  /** Subject to claim; 9P only. Default: whatever the ticket says. */
  readonly subject?: string;
  /** The ticket token. */
  readonly ticket: string;
  /** The hive's console token; needed for a console door. */
  readonly consoleToken?: string;
  /** Milliseconds for each operation's answer. Default 5000. */
  readonly deadlineMs?: number;
  /** msize to ask for, 9P only. Default 8192. */
  readonly msize?: number;
  /** Requests in flight, 9P only; see `AttachOptions`. */
  readonly requestsMax?: number;
  readonly retry?: RetryPolicy;
  readonly timers?: Timers;
  /** Put between the client and its connection, 9P only: a recorder. */
  readonly wrap?: (transport: ByteTransport) => ByteTransport;
  /** Certificates, for doors behind TLS. */
  readonly tls?: ClientTls;
}

/** Connects and attaches. The refusal is the hive's, or `unreachable`, or `invalid-payload` for the options. */
export async function connect(options: ConnectOptions): Promise<Result<HiveClient>> {
  const door = parseDoorUrl(options.url);
  if (!door.ok) return door;
  if (door.value.protocol === 'console' && options.consoleToken === undefined) {
    return refuse('unauthenticated', 'The console needs the hive’s console token besides the ticket.');
  }
  const { retry = RETRY_DEFAULT, timers = realTimers } = options;
  return withRetry(() => attachOnce(door.value, options, retry.timeoutMs), retry, timers);
}

async function attachOnce(door: DoorAddress, options: ConnectOptions, timeoutMs: number): Promise<Result<HiveClient>> {
  const { role, ticket, deadlineMs = 5000, timers = realTimers, consoleToken: token = '' } = options;
  if (door.protocol === 'rest') {
    return RestClient.attach({ url: door.url, role, ticket, deadlineMs, timers, send: nodeSender(options.tls ?? {}) });
  }
  const { protocol, address } = door;
  const dial = (): ReturnType<typeof dialSocket> => dialSocket(address, timeoutMs, options.tls);
  if (protocol === 'console') return ConsoleClient.attach(dial, { token, role, ticket, deadlineMs, timers });
  const transport = await dial();
  if (!transport.ok) return transport;
  const { subject, msize, requestsMax, wrap = (bare: ByteTransport): ByteTransport => bare } = options;
  return NinePClient.attach(wrap(transport.value), {
    role,
    ticket,
    deadlineMs,
    timers,
    ...(subject === undefined ? {} : { subject }),
    ...(msize === undefined ? {} : { msize }),
    ...(requestsMax === undefined ? {} : { requestsMax }),
  });
}
