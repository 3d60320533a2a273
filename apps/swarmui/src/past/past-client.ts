// The hive as it was, as a client: paths of the authority are read below `/replay/at/<line>`, where any line can be walked to; what
// has no past (the log itself, the session) is read as it is. Nothing can be written.

import type { HiveClient } from '@cohesix/client/core';
import { type Refusal, type Result, refuse } from '@cohesix/wire';

/** Not of the state of the hive: the log that the past is made of, and the session that looks. */
const PRESENT = ['/audit', '/replay', '/proc/self'];

/** The place of a path in the past. */
export function pathAt(line: number, path: string): string {
  const isPresent = PRESENT.some((place) => path === place || path.startsWith(`${place}/`));
  if (isPresent) return path;
  return path === '/' ? `/replay/at/${line}` : `/replay/at/${line}${path}`;
}

/** A client of the hive as it was after a line. Closing it leaves the session alone. */
export function pastClient(live: HiveClient, line: number): HiveClient {
  const then = (path: string): string => pathAt(line, path);
  return {
    door: live.door,
    role: live.role,
    list: async (path) => told(await live.list(then(path)), path, line),
    read: async (path, options) => told(await live.read(then(path), options), path, line),
    stat: async (path) => told(await live.stat(then(path)), path, line),
    follow: async (path, options) => told(await live.follow(then(path), options), path, line),
    pull: async (path, options) => told(await live.pull(then(path), options), path, line),
    append: async () => readOnly(line),
    push: async () => readOnly(line),
    ping: () => live.ping(),
    explain: () => live.explain(),
    close: async () => undefined,
  };
}

function readOnly(line: number): Result<never> {
  return refuse('unsupported', `This is the hive as it was after line ${line}; nothing can be changed there.`);
}

/** A file that is not there has two reasons in the past. */
function told<T>(result: Result<T>, path: string, line: number): Result<T> {
  if (result.ok || result.refusal.code !== 'invalid-path') return result;
  const refusal: Refusal = {
    ...result.refusal,
    detail: `After line ${line} there was no ${path}, or it is not part of the state that the journal tells (streams, counters).`,
  };
  return { ok: false, refusal };
}
