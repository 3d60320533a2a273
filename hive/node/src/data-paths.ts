// The paths of a data directory (`architecture.md`, "Where things live on disk"). Alone in this file, which is a public
// entry of its own (`@cohesix/node/paths`), so that a client command can have them without the whole hive.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Paths inside a data directory. */
export interface DataPaths {
  readonly root: string;
  readonly manifest: string;
  readonly keys: string;
  readonly journal: string;
  readonly snapshots: string;
  readonly run: string;
  readonly socket: string;
  readonly queenTicket: string;
  readonly approverTicket: string;
  readonly consoleToken: string;
  readonly addresses: string;
  /** Streams kept over a clean stop. */
  readonly streams: string;
  /** Lines typed into `coh sh`. */
  readonly history: string;
}

/** The hive of a data directory nobody named. */
export const DEFAULT_HIVE = 'hive';

/** The default directory of a hive: `$XDG_DATA_HOME/cohesix/<hive>`; undefined when there is no home directory. */
export function defaultDataDirectory(
  hive: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const share = nonEmpty(env.XDG_DATA_HOME);
  if (share !== undefined) return join(share, 'cohesix', hive);
  const home = nonEmpty(env.HOME) ?? osHome();
  return home === undefined ? undefined : join(home, '.local', 'share', 'cohesix', hive);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The home of this user by the system's own list; undefined when it knows none. */
function osHome(): string | undefined {
  try {
    return nonEmpty(homedir());
  } catch {
    return undefined;
  }
}

/** The paths of a data directory; nothing is touched. */
export function dataPaths(root: string): DataPaths {
  const run = join(root, 'run');
  return {
    root,
    manifest: join(root, 'hive.toml'),
    keys: join(root, 'keys'),
    journal: join(root, 'journal'),
    snapshots: join(root, 'snapshots'),
    run,
    socket: join(run, '9p.sock'),
    queenTicket: join(run, 'queen.ticket'),
    approverTicket: join(run, 'approver.ticket'),
    consoleToken: join(run, 'console.token'),
    addresses: join(run, 'addresses.json'),
    streams: join(run, 'streams'),
    history: join(run, 'history'),
  };
}
