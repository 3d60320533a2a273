// A gateway: one HTTP server with the routes of all parts.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { HivePort } from './hive-port.ts';
import { type GatewayPart, PARTS, type PartContext } from './parts.ts';
import type { Reply, Route } from './route.ts';
import { GATEWAY_DEFAULTS, type GatewaySettings } from './settings.ts';

/** How to start one. */
export interface GatewayOptions {
  readonly hive: HivePort;
  readonly listen: { readonly host: string; readonly port: number };
  readonly settings?: Partial<GatewaySettings>;
}

/** A gateway that runs. */
export interface Gateway {
  readonly address: { readonly host: string; readonly port: number };
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** Ends every connection; idempotent. */
  close(): Promise<void>;
}

/** Starts a gateway; `unreachable` when the address cannot be had. */
export async function startGateway(options: GatewayOptions): Promise<Result<Gateway>> {
  const settings = { ...GATEWAY_DEFAULTS, ...options.settings };
  const parts: GatewayPart[] = [];
  const routes = (): readonly Route[] => parts.flatMap((part) => part.routes);
  const context: PartContext = { hive: options.hive, settings, routes };
  for (const make of PARTS) parts.push(make(context));
  const sessions = new Map<string, HiveClient>();
  const server = createServer((request, response) => {
    void answer(request, options.hive, { routes: routes(), sessions }).then((reply) => send(response, reply));
  });
  const listening = await new Promise<Result<void>>((resolve) => {
    server.once('error', (error) => resolve(refuse('unreachable', `Cannot listen: ${error.message}`)));
    server.listen(options.listen, () => resolve(ok(undefined)));
  });
  if (!listening.ok) return listening;
  const { address: host, port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    for (const client of sessions.values()) await client.close();
    await Promise.all(parts.map((part) => part.close?.()));
  };
  return ok({ address: { host, port }, url: `http://${name}:${port}`, close });
}

interface Served {
  readonly routes: readonly Route[];
  readonly sessions: Map<string, HiveClient>;
}

async function answer(request: IncomingMessage, hive: HivePort, { routes, sessions }: Served): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://gateway');
  const route = routes.find(({ method, pattern }) => method === request.method && pattern === url.pathname);
  if (route === undefined) return problem(404, 'There is no such route.');
  const asked = {
    method: request.method ?? '',
    path: url.pathname,
    params: {},
    query: url.searchParams,
    headers: request.headers,
    peer: request.socket.remoteAddress ?? '',
    signal: new AbortController().signal,
    body: async () => refuse('unsupported'),
  };
  if (route.access === 'public') return route.answer(asked);
  const [, token = ''] = /^bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const id = createHash('sha256').update(token).digest('hex');
  const known = sessions.get(id);
  const attached = known === undefined ? await hive.attach(token, { door: 'rest', peer: asked.peer }) : ok(known);
  if (!attached.ok) return problem(401, attached.refusal.detail);
  sessions.set(id, attached.value);
  return route.answer(asked, { client: attached.value, id });
}

function problem(status: number, detail: string): Reply {
  return { status, type: 'application/problem+json', body: JSON.stringify({ title: detail, status, detail }) };
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { 'content-type': reply.type, ...reply.headers });
  if ('body' in reply) response.end(reply.body);
}
