// Where a log is: the journal of the local hive, a directory, a web host, or a hive's own door with the caller's ticket.

import type { HiveClient } from '@cohesix/client';
import { directorySource, type LogSource, nodeDisk } from '@cohesix/journal';
import { ok, type Result } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { journalDirectory } from '../places.ts';
import { openSession } from '../session.ts';
import { clientTlsOf } from '../tls-files.ts';
import { readToken } from '../token.ts';
import { type HttpAccess, httpSource, isHttpUrl } from './http-source.ts';

/** A log that was found. */
export interface OpenLog {
  readonly source: LogSource;
  /** Set when its files lie in a directory of this machine. */
  readonly directory?: string;
  /** Set when it is read through a hive's door. */
  readonly client?: HiveClient;
  /** Ends the session, if there is one. */
  readonly close: () => Promise<void>;
}

/** The URLs of a hive's door (`parseDoorUrl` of the client). */
const DOOR = /^(?:unix|console\+unix|9ps?|tcp|consoles?|wss?):/;
/** Where a hive has its log. */
const ROOT = '/audit';

/** Finds a log by its path or URL; none: the journal of the local hive. The caller closes it. */
export async function openLog(context: Context, where: string | undefined): Promise<Result<OpenLog>> {
  if (where !== undefined && isHttpUrl(where)) {
    const access = await httpAccess(context);
    const source = access.ok ? httpSource(where, undefined, access.value) : access;
    return source.ok ? ok({ source: source.value, close: async () => {} }) : source;
  }
  if (where !== undefined && DOOR.test(where)) return openDoor(context, where);
  const directory = journalDirectory(context, where);
  if (!directory.ok) return directory;
  const source = directorySource(nodeDisk, directory.value);
  return ok({ source, directory: directory.value, close: async () => {} });
}

/** A web host is shown the ticket that was named for it with `--ticket`, and never one that was not. */
async function httpAccess(context: Context): Promise<Result<HttpAccess>> {
  const tls = clientTlsOf(context);
  if (!tls.ok) return tls;
  const { ticket: named } = context.globals;
  const ticket = named === undefined ? undefined : await readToken(context, named);
  return ticket?.ok === false ? ticket : ok({ ticket: ticket?.value, tls: tls.value });
}

/** The log of the hive behind a door; none: the local one's. The caller closes it. */
export async function openDoor(context: Context, url: string | undefined): Promise<Result<OpenLog>> {
  const globals = url === undefined ? context.globals : { ...context.globals, to: url, url };
  const session = await openSession({ ...context, globals });
  if (!session.ok) return session;
  const client = session.value;
  const source = hiveSource(client, globals.to ?? globals.url ?? 'the local hive');
  return ok({ source, client, close: () => client.close() });
}

/** The files below `/audit`. An empty one is one that is not there yet. */
function hiveSource(client: HiveClient, name: string): LogSource {
  return {
    name,
    read: async (path, sizeMax) => {
      const read = await client.read(`${ROOT}/${path}`, { maxBytes: sizeMax });
      if (!read.ok) return read.refusal.code === 'invalid-path' ? ok(undefined) : read;
      return ok(read.value.length === 0 ? undefined : read.value);
    },
  };
}
