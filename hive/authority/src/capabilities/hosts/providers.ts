// What a host has, by provider: where its things are below `/host/<host>`, which status files they have, and which control files
// take orders about them. Paths and orders of contracts-1 4.9; `net` and `jetson` have no files there, so theirs are ours.

import { HOST_PROVIDERS, type HostProvider } from '@cohesix/manifest';

/** Lists of names that a host is declared with. */
export type MemberKind = 'units' | 'nodes' | 'gpus' | 'interfaces';

/** Every kind of member. */
export const MEMBER_KINDS: readonly MemberKind[] = ['units', 'nodes', 'gpus', 'interfaces'];

/** A control file that takes orders. */
export interface OrderFile {
  readonly name: string;
  /** `text`: any line; `watts`: a whole number. */
  readonly takes: 'text' | 'watts';
  readonly summary: string;
}

/** A provider's part of a host. */
export interface ProviderFiles {
  readonly provider: HostProvider;
  /** Directory of one thing, below `/host/<host>`; its `:name`, if any, is one of `members`. */
  readonly at: string;
  readonly members: MemberKind | undefined;
  /** Files that a publisher appends to. */
  readonly streams: readonly string[];
  readonly orders: readonly OrderFile[];
  /** How often a publisher looks, ms (contracts-1 4.9; of `net` and `jetson` ours). */
  readonly pollMs: number;
}

const FILES: Readonly<Record<HostProvider, Omit<ProviderFiles, 'provider'>>> = {
  systemd: {
    at: 'systemd/:unit',
    members: 'units',
    streams: ['status'],
    orders: [text('start', 'Starts the unit.'), text('stop', 'Stops the unit.'), text('restart', 'Restarts the unit.')],
    pollMs: 2000,
  },
  k8s: {
    at: 'k8s/node/:node',
    members: 'nodes',
    streams: ['status'],
    orders: [text('cordon', 'Lets the node take nothing new.'), text('drain', 'Moves off the node what runs there.')],
    pollMs: 5000,
  },
  docker: {
    at: 'docker',
    members: undefined,
    streams: ['status'],
    orders: [text('restart', 'Restarts the container named.'), text('stop', 'Stops the container named.')],
    pollMs: 2000,
  },
  nvidia: {
    at: 'nvidia/gpu/:gpu',
    members: 'gpus',
    streams: ['status', 'thermal'],
    orders: [{ name: 'power_cap', takes: 'watts', summary: 'Sets how much power the GPU may take, watts.' }],
    pollMs: 1000,
  },
  net: { at: 'net/:interface', members: 'interfaces', streams: ['status'], orders: [], pollMs: 2000 },
  jetson: { at: 'jetson', members: undefined, streams: ['status', 'thermal'], orders: [], pollMs: 1000 },
};

function text(name: string, summary: string): OrderFile {
  return { name, takes: 'text', summary };
}

/** All providers. */
export const PROVIDERS: readonly ProviderFiles[] = HOST_PROVIDERS.map((provider) => ({ provider, ...FILES[provider] }));

/** What of a host a path below `/host` is about. */
export interface HostFile {
  /** Undefined in an unqualified path: the default host. */
  readonly host: string | undefined;
  readonly files: ProviderFiles;
  readonly member: string | undefined;
  /** Last name of the path: `status`, `restart`. */
  readonly name: string;
}

/** Reads `/host/web-1/systemd/ssh.service/restart`, or `/host/systemd/…`; undefined when it is no file of a provider. */
export function hostFileOf(path: string): HostFile | undefined {
  const [root, top, ...rest] = path.slice(1).split('/');
  if (root !== 'host' || top === undefined) return undefined;
  const isShort = PROVIDERS.some(({ provider }) => provider === top);
  const names = isShort ? [top, ...rest] : rest;
  for (const files of PROVIDERS) {
    const found = fileIn(files, names);
    if (found !== undefined) return { host: isShort ? undefined : top, files, ...found };
  }
  return undefined;
}

function fileIn(files: ProviderFiles, names: readonly string[]): Pick<HostFile, 'member' | 'name'> | undefined {
  const parts = files.at.split('/');
  const name = names.at(-1);
  if (names.length !== parts.length + 1 || name === undefined) return undefined;
  let member: string | undefined;
  for (const [index, part] of parts.entries()) {
    if (part.startsWith(':')) member = names[index];
    else if (part !== names[index]) return undefined;
  }
  const isFile = files.streams.includes(name) || files.orders.some((order) => order.name === name);
  return isFile ? { member, name } : undefined;
}

/** The path of a file of a provider; without a host the unqualified one. */
export function hostPath(host: string | undefined, { at }: ProviderFiles, member: string | undefined): string {
  const below = at.replace(/:[a-z]+/, member ?? '');
  return host === undefined ? `/host/${below}` : `/host/${host}/${below}`;
}

/** The other path of a file of a provider: the short one, or that on a host; `*` for a host that is not known. */
export function otherPath(path: string, defaultHost = '*'): string | undefined {
  const file = hostFileOf(path);
  if (file === undefined) return undefined;
  const host = file.host === undefined ? defaultHost : undefined;
  return `${hostPath(host, file.files, file.member)}/${file.name}`;
}
