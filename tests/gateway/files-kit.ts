// A hive of this process behind a gateway with settings of the test, and something of the test between the two.

import type { HiveClient } from '@cohesix/client';
import { hivePort } from '@cohesix/coh';
import { type Gateway, type GatewayOptions, type GatewaySettings, type HivePort, startGateway } from '@cohesix/gateway';
import { afterEach } from 'vitest';
import { given, type Stand, stands } from './stand.ts';

/** How to start one. */
export interface FilesOptions {
  readonly settings?: Partial<GatewaySettings>;
  /** Names, origins, TLS, the page. */
  readonly more?: Pick<GatewayOptions, 'hosts' | 'origins' | 'tls' | 'page'>;
  /** Puts something between the gateway and the sessions of the hive. */
  readonly wrap?: (client: HiveClient) => HiveClient;
}

/** A gateway, and the hive behind it. */
export interface Files extends Pick<Stand, 'hive' | 'ticketOf'> {
  readonly gateway: Gateway;
  /** Of subject `tester`: what requests go with that name none. */
  readonly ticket: string;
  /** One request with a ticket; a body that is neither text nor bytes is sent as JSON. */
  ask(method: string, target: string, how?: AskOptions): Promise<Answered>;
  get(target: string, ticket?: string): Promise<Answered>;
  post(target: string, body: unknown, how?: Omit<AskOptions, 'body'>): Promise<Answered>;
}

/** What goes with a request. */
export interface AskOptions {
  readonly ticket?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that was read. */
export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** The body as JSON; `{}` when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Starts gateways that end with the test; all of one test are in front of one hive. Called at the top of the file. */
export function filesForEach(): (options?: FilesOptions) => Promise<Files> {
  const startStand = stands();
  let stand: Promise<Stand> | undefined;
  const gateways: Gateway[] = [];
  afterEach(async () => {
    stand = undefined;
    for (const gateway of gateways.splice(0)) await gateway.close();
  });
  return async ({ settings = {}, more, wrap } = {}) => {
    stand ??= startStand();
    const { hive, ticketOf } = await stand;
    const port = hivePort(hive);
    const started = await startGateway({
      hive: wrap === undefined ? port : wrapped(port, wrap),
      listen: { host: '127.0.0.1', port: 0 },
      settings,
      ...more,
    });
    const gateway = given(started);
    gateways.push(gateway);
    const ticket = await ticketOf({ subject: 'tester' });
    const ask: Files['ask'] = (method, target, how = {}) =>
      request(`${gateway.url}${target}`, method, { ticket, ...how });
    return {
      hive,
      gateway,
      ticket,
      ticketOf,
      ask,
      get: (target, own = ticket) => ask('GET', target, { ticket: own }),
      post: (target, body, how = {}) => ask('POST', target, { ...how, body }),
    };
  };
}

/** A client of which some operations are others. */
export function withOthers(client: HiveClient, others: Partial<HiveClient>): HiveClient {
  return new Proxy(client, {
    get: (_, name: keyof HiveClient) => {
      const other = others[name] ?? (name === 'readNow' ? others.read : undefined);
      const value = other ?? client[name];
      return typeof value === 'function' ? value.bind(client) : value;
    },
  });
}

function wrapped(port: HivePort, wrap: (client: HiveClient) => HiveClient): HivePort {
  const attach: HivePort['attach'] = async (ticket, as) => {
    const attached = await port.attach(ticket, as);
    return attached.ok ? { ok: true, value: wrap(attached.value) } : attached;
  };
  return { ...port, attach };
}

async function request(url: string, method: string, { ticket, body, headers }: AskOptions): Promise<Answered> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: {
      ...(ticket === undefined ? {} : { authorization: `Bearer ${ticket}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  const json = type.includes('json') ? (JSON.parse(Buffer.from(bytes).toString()) as Answered['json']) : {};
  return { status: response.status, type, headers: response.headers, bytes, json };
}
