// Where a hive lies on disk, for commands that only talk to one. Its paths come from @cohesix/node/paths, the one entry
// of that package that does not bring the whole hive with it.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DataPaths, DEFAULT_HIVE, dataPaths, defaultDataDirectory } from '@cohesix/node/paths';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Io } from './io.ts';

/** Paths inside a data directory. */
export type Places = DataPaths;

/** The data directory: `--data`, `COH_DATA`, else `$XDG_DATA_HOME/cohesix/hive`. Refuses when there is no home. */
export function dataRoot(io: Io, option: string | undefined): Result<string> {
  const named = option ?? nonEmpty(io.env.COH_DATA);
  if (named === '') return refuse('invalid-payload', 'The data directory has an empty name.');
  if (named !== undefined) return ok(resolve(io.cwd, named));
  const directory = defaultDataDirectory(DEFAULT_HIVE, io.env);
  if (directory === undefined)
    return refuse('invalid-payload', 'There is no home directory; name one with --data DIR.');
  return ok(directory);
}

/** Where a log is read: in a data directory, a journal or a pack that was named, else in the local hive's journal. */
export function journalDirectory(
  { io, places }: { readonly io: Io; readonly places: Result<Places> },
  named: string | undefined,
): Result<string> {
  if (named === undefined) return places.ok ? ok(places.value.journal) : places;
  const given = resolve(io.cwd, named);
  if (!existsSync(given)) return refuse('not-found', `${given} does not exist.`);
  const inside = dataPaths(given).journal;
  return ok(existsSync(inside) ? inside : given);
}

/** The default directory and `--data DIR` as a person would type it: nothing when the default is in use. */
export function dataFlag(io: Io, root: string): string {
  const fallback = dataRoot({ ...io, env: { ...io.env, COH_DATA: '' } }, undefined);
  return fallback.ok && fallback.value === root ? '' : ` --data ${shellWord(root)}`;
}

/** A word that a POSIX shell reads back as `text`. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A path of the hive without slashes at its end; the root stays `/`. */
export function withoutTrailingSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** Where a running hive listens, from `run/addresses.json`; undefined when no hive wrote it. */
export interface Addresses {
  readonly pid: number;
  readonly secure9p?: { readonly host: string; readonly port: number };
  readonly socket?: string;
  readonly console?: { readonly host: string; readonly port: number };
  /** `http://host:port` or `https://host:port`. */
  readonly http?: string;
  /** Doors of these that speak only TLS. */
  readonly tls?: readonly string[];
}

/** Reads the addresses of the hive that runs in a directory; undefined when there are none or they do not parse. */
export function readAddresses(places: Places): Addresses | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(places.addresses, 'utf8'));
    return isAddresses(value) ? value : undefined;
  } catch {
    return undefined; // Not there, not readable or not JSON: no hive told where it is.
  }
}

function isAddresses(value: unknown): value is Addresses {
  return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number';
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
