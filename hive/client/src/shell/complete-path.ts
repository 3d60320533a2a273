// Completion of paths of the running hive: the names in the directory of what was typed so far.

import type { HiveClient } from '../hive-client.ts';

/** Names whose kind is asked for, to put a slash behind directories; with more the slash is left to the next try. */
const STATS_MAX = 64;

/** All absolute paths that begin with `prefix`, in byte order; directories end in a slash. */
export async function completePath(client: HiveClient, prefix: string): Promise<readonly string[]> {
  if (!prefix.startsWith('/')) return prefix === '' ? ['/'] : [];
  const cut = prefix.lastIndexOf('/') + 1;
  const folder = prefix.slice(0, cut);
  const names = await client.list(folder === '/' ? '/' : folder.slice(0, -1));
  if (!names.ok) return [];
  const fitting = offerable(names.value).filter((name) => name.startsWith(prefix.slice(cut)));
  if (fitting.length > STATS_MAX) return fitting.map((name) => folder + name);
  return Promise.all(fitting.map((name) => withSlash(client, folder + name)));
}

/** The names that may be offered: none that would steer a terminal that lists it, or be two candidates. */
export function offerable(names: readonly string[]): readonly string[] {
  return names.filter((name) => !/\p{Cc}/u.test(name));
}

async function withSlash(client: HiveClient, path: string): Promise<string> {
  const stat = await client.stat(path);
  return stat.ok && stat.value.kind === 'directory' ? `${path}/` : path;
}
