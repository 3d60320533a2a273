// Where a hive's door is, as a URL: `unix:/run/9p.sock`, `9p://host:port`, `tcp://host:port` (the same),
// `console://host:port`, `console+unix:/run/console.sock`.

import { ok, type Result, refuse } from '@cohesix/wire';

/** Where a socket leads. */
export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** A door: which protocol is spoken where. */
export interface DoorAddress {
  readonly protocol: '9p' | 'console';
  readonly address: SocketAddress;
}

/** Ports used when a URL names none: where a hive listens by default; the console's is that of contracts-1.md 2.1. */
export const DEFAULT_PORTS: Readonly<Record<DoorAddress['protocol'], number>> = { '9p': 5640, console: 31_337 };

const SCHEMES: ReadonlyMap<string, DoorAddress['protocol']> = new Map([
  ['9p', '9p'],
  ['tcp', '9p'],
  ['console', 'console'],
]);

/** Reads a door's URL; `invalid-payload` says what is wrong with it. */
export function parseDoorUrl(url: string): Result<DoorAddress> {
  const unix = /^(console\+)?unix:(.+)$/.exec(url);
  if (unix !== null) {
    const path = (unix[2] ?? '').replace(/^\/\/(?=\/)/, '');
    return ok({ protocol: unix[1] === undefined ? '9p' : 'console', address: { kind: 'unix', path } });
  }
  const tcp = /^([a-z0-9]+):\/\/(\[[0-9a-fA-F:.]+\]|[^/:[\]\s]+)(?::(\d{1,5}))?\/?$/.exec(url);
  const protocol = SCHEMES.get(tcp?.[1] ?? '');
  if (tcp === null || protocol === undefined) {
    return refuse('invalid-payload', 'A door is unix:/path, 9p://host:port, tcp://host:port or console://host:port.');
  }
  const port = tcp[3] === undefined ? DEFAULT_PORTS[protocol] : Number(tcp[3]);
  if (port < 1 || port > 65_535) return refuse('invalid-payload', `A port is 1 to 65535; got ${port}.`);
  return ok({ protocol, address: { kind: 'tcp', host: (tcp[2] ?? '').replace(/^\[|\]$/g, ''), port } });
}
