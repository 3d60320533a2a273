// Where a hive's door is, as a URL: `unix:/run/9p.sock`, `9p://host:port`, `tcp://host:port` (the same),
// `console://host:port`, `console+unix:/run/console.sock`; behind TLS `9ps://`, `consoles://`; 9P over a WebSocket of a gateway
// `ws://host:port/v1/9p`, `wss://host:port/v1/9p`; `http://host:port` and `https://host:port` (a gateway).

import { ok, type Result, refuse } from '@cohesix/wire';

/** Where a socket leads. */
export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly isTls?: true }
  | { readonly kind: 'websocket'; readonly url: string };

/** A door: which protocol is spoken where. Of a gateway's REST the URL itself is what requests go by, without a slash at its end. */
export type DoorAddress =
  | { readonly protocol: '9p' | 'console'; readonly address: SocketAddress }
  | { readonly protocol: 'rest'; readonly url: string };

/** A door that is a socket. */
type SocketDoor = Extract<DoorAddress, { readonly address: SocketAddress }>;

/** Ports used when a URL names none: where a hive listens by default; the console's is that of contracts-1.md 2.1. */
export const DEFAULT_PORTS: Readonly<Record<SocketDoor['protocol'], number>> = { '9p': 5640, console: 31_337 };

const SCHEMES: ReadonlyMap<string, SocketDoor['protocol']> = new Map([
  ['9p', '9p'],
  ['tcp', '9p'],
  ['console', 'console'],
  ['9ps', '9p'],
  ['consoles', 'console'],
]);

/** Schemes of them that are spoken behind TLS. */
const TLS_SCHEMES: ReadonlySet<string> = new Set(['9ps', 'consoles']);

/** Reads a door's URL; `invalid-payload` says what is wrong with it. */
export function parseDoorUrl(url: string): Result<DoorAddress> {
  const unix = /^(console\+)?unix:(.+)$/.exec(url);
  if (unix !== null) {
    const path = (unix[2] ?? '').replace(/^\/\/(?=\/)/, '');
    return ok({ protocol: unix[1] === undefined ? '9p' : 'console', address: { kind: 'unix', path } });
  }
  if (/^https?:/i.test(url)) return restDoor(url);
  if (/^wss?:/i.test(url)) return webSocketDoor(url);
  const tcp = /^([a-z0-9]+):\/\/(\[[0-9a-fA-F:.]+\]|[^/:[\]\s]+)(?::(\d{1,5}))?\/?$/.exec(url);
  const protocol = SCHEMES.get(tcp?.[1] ?? '');
  if (tcp === null || protocol === undefined) {
    return refuse(
      'invalid-payload',
      'A door is unix:/path, 9p://host:port, 9ps://, console://, consoles://, ws://host:port/v1/9p, wss://, http:// or https://.',
    );
  }
  const port = tcp[3] === undefined ? DEFAULT_PORTS[protocol] : Number(tcp[3]);
  if (port < 1 || port > 65_535) return refuse('invalid-payload', `A port is 1 to 65535; got ${port}.`);
  const host = (tcp[2] ?? '').replace(/^\[|\]$/g, '');
  const tls = TLS_SCHEMES.has(tcp[1] ?? '') ? ({ isTls: true } as const) : {};
  return ok({ protocol, address: { kind: 'tcp', host, port, ...tls } });
}

/** 9P over a WebSocket; where a gateway has it when the URL has no path. */
function webSocketDoor(text: string): Result<DoorAddress> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isPlain || url.host === '') {
    return refuse('invalid-payload', 'A WebSocket door is ws://host:port/v1/9p or wss://host:port/v1/9p, and no more.');
  }
  if (url.pathname === '/') url.pathname = '/v1/9p';
  return ok({ protocol: '9p', address: { kind: 'websocket', url: url.href } });
}

/** A gateway's URL: scheme, host, port and maybe a path; nothing that could hold a secret. */
function restDoor(text: string): Result<DoorAddress> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.host === '') return refuse('invalid-payload', 'That is no URL of a gateway.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return refuse(
      'invalid-payload',
      'A gateway is http://host:port or https://host:port; the ticket is given apart from it.',
    );
  }
  return ok({ protocol: 'rest', url: url.href.replace(/\/+$/, '') });
}
