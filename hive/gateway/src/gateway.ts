// A gateway: one HTTP server with the routes of all parts. A request passes the guard (Host, Origin), the router, its caller's
// session and the queue of its class, in this order; then its route answers.

import type { TlsOptions } from 'node:tls';
import { signInLink as linkOf } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';

import type { HivePort } from './hive-port.ts';
import { buildHouse, closeHouse, closeParts, type House } from './house.ts';
import { Connections } from './http/connections.ts';
import { Guard } from './http/guard.ts';
import { Listener } from './http/listener.ts';
import { Service } from './http/service.ts';
import { Upgrades } from './http/upgrades.ts';
import type { OtlpTarget } from './metrics/otlp-exporter.ts';
import { readPage } from './page/files.ts';
import type { MakePart } from './parts.ts';
import { Pacer } from './queues/pacer.ts';
import { Tarpit } from './queues/tarpit.ts';
import { GATEWAY_DEFAULTS, type GatewaySettings } from './settings.ts';

/** How to start one. */
export interface GatewayOptions {
  readonly hive: HivePort;
  readonly listen: { readonly host: string; readonly port: number };
  readonly settings?: Partial<GatewaySettings>;
  /** More names the gateway is reached by, without port; loopback's and the address itself are known. */
  readonly hosts?: readonly string[];
  /** Origins of other pages that may ask: `https://panel.example`. */
  readonly origins?: readonly string[];
  /** Speaks TLS; with `ca` and `requestCert` only callers with a certificate of it get in. */
  readonly tls?: TlsOptions | undefined;
  /** Exports the metrics to a collector. */
  readonly otlp?: OtlpTarget | undefined;
  /** The folder of the page that `/` is: what `vite build` made. Without one, or without a build in it, `/` says how to make it. */
  readonly page?: string | undefined;
  /** Other parts than all: what tests put behind the same doors. */
  readonly parts?: readonly MakePart[];
  /** Told of a defect of ours, when a request ends in one; default: printed. */
  readonly onDefect?: (error: unknown) => void;
}

/** A gateway that runs. */
export interface Gateway {
  readonly address: { readonly host: string; readonly port: number };
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** A link that signs a page in with a ticket: good once, and for ten minutes. */
  signInLink(ticket: string): string;
  /** Lets requests under way end, then ends every connection; idempotent. */
  close(): Promise<void>;
}

/** Starts a gateway; `unreachable` when the address cannot be had. */
export async function startGateway(options: GatewayOptions): Promise<Result<Gateway>> {
  const { listen, tls, otlp, parts, page: folder } = options;
  const page = folder === undefined ? undefined : readPage(folder);
  const settings = { ...GATEWAY_DEFAULTS, ...options.settings };
  const house = buildHouse(options.hive, settings, { otlp, parts, page: page?.ok === true ? page.value : undefined });
  const scheme = tls === undefined ? 'http' : 'https';
  const { listener, service, tarpit } = open(house, options, scheme);
  const listening = await listener.listen(listen);
  if (!listening.ok) {
    await closeHouse(house);
    return listening;
  }
  const { address: host, port } = listening.value;
  const name = host.includes(':') ? `[${host}]` : host;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= closeAll(house, { listener, service, tarpit });
    return closed;
  };
  const url = `${scheme}://${name}:${port}`;
  const signInLink = (ticket: string): string => linkOf(url, house.signIns.make(ticket));
  return ok({ address: { host, port }, url, signInLink, close });
}

function open(house: House, options: GatewayOptions, scheme: 'http' | 'https') {
  const { hosts = [], origins = [], listen, tls, onDefect = printDefect } = options;
  const { settings, tally, made } = house;
  const connections = new Connections();
  const guard = new Guard({ listen: listen.host, scheme, hosts, origins, headersMax: settings.headersMax });
  const upgrades = new Upgrades(made, { guard, tally, connections });
  const { turnRequestsMax, turnRequestsPerTicket } = settings;
  const pacer = new Pacer({ perTurn: turnRequestsMax, perHolder: turnRequestsPerTicket });
  const { refusalsPerSecond, refusalsHeldMax, refusalHoldMs } = settings;
  const tarpit = new Tarpit({ freePerSecond: refusalsPerSecond, heldMax: refusalsHeldMax, holdMs: refusalHoldMs });
  const service = new Service({ ...house, guard, connections, pacer, tarpit, onDefect });
  const listener = new Listener(
    {
      request: (request, response) => service.serve({ request, response }),
      mayUpgrade: (request) => upgrades.knows(request),
      upgrade: (request, socket, head) => upgrades.upgrade(request, socket, head),
    },
    { settings, tls, tally, connections, tarpit },
  );
  return { service, listener, tarpit };
}

function printDefect(error: unknown): void {
  console.error('gateway: a request ended in a defect:', error);
}

/** Parts end their streams first; what is under way then has `closeMs` to end. */
async function closeAll(house: House, { listener, service, tarpit }: ReturnType<typeof open>): Promise<void> {
  const closed = listener.close();
  const idle = service.close();
  tarpit.close();
  await closeParts(house);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, house.settings.closeMs);
  await Promise.race([idle, late]);
  clearTimeout(timer);
  listener.cut();
  await closed;
  await house.sessions.close();
}
