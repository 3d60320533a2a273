// Many streams at once: `/worker/*/telemetry` names every worker's, those that come later too. One connection, no request that
// waits: each sweep asks which streams have grown and reads only those, from where the last read ended. What was lost
// meanwhile stands in the stream itself, as its marker line.

import { type HiveClient, realTimers, sleep } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from './context.ts';
import { cursorAfter, linesOf, READ_BYTES_MAX } from './follow.ts';

/** Streams asked at a time: what one connection has under way without waiting in line. */
const ASKED_MAX = 12;

/** Whether a path names many files: a whole component is `*`. */
export function isPattern(path: string): boolean {
  return path.split('/').includes('*');
}

/** The files a pattern names now, in byte order. */
export async function expand(client: HiveClient, pattern: string): Promise<Result<readonly string[]>> {
  let found: readonly string[] = [''];
  for (const component of pattern.split('/').slice(1)) {
    if (component !== '*') {
      found = found.map((path) => `${path}/${component}`);
      continue;
    }
    const next: string[] = [];
    for (const path of found) {
      const names = await client.list(path === '' ? '/' : path);
      // A directory that is gone since it was listed names nothing.
      if (names.ok) next.push(...names.value.map((name) => `${path}/${name}`));
      else if (found.length === 1) return names;
    }
    found = next;
  }
  return ok(found);
}

/** What is followed, how often it is looked at, and who gets the lines. */
export interface SweepWish {
  readonly pattern: string;
  /** Milliseconds between two sweeps. */
  readonly intervalMs: number;
  /** Last lines of each stream that are shown first. */
  readonly count: number;
  readonly emit: (path: string, lines: readonly string[]) => void;
}

/** Follows until Ctrl-C; a refusal when nothing can be listed or the connection ends. */
export async function followMany({ io }: Context, client: HiveClient, wish: SweepWish): Promise<Result<void>> {
  const cursors = new Map<string, bigint>();
  let isFirst = true;
  let isStopped = false;
  let wake: () => void = () => undefined;
  const offs = (['SIGINT', 'SIGTERM'] as const).map((name) =>
    io.onSignal(name, () => {
      isStopped = true;
      wake();
    }),
  );
  try {
    while (!isStopped) {
      const swept = await sweep(client, wish, cursors);
      if (!swept.ok) return swept;
      // What matches nothing at the first look is a mistake more often than a wait.
      if (isFirst && cursors.size === 0) return refuse('invalid-path', `Nothing matches ${wish.pattern} now.`);
      isFirst = false;
      const stopped = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (!isStopped) await Promise.race([stopped, sleep(realTimers, wish.intervalMs)]);
    }
    return ok(undefined);
  } finally {
    for (const off of offs) off();
  }
}

/** One look at every stream. */
async function sweep(client: HiveClient, wish: SweepWish, cursors: Map<string, bigint>): Promise<Result<void>> {
  const paths = await expand(client, wish.pattern);
  if (!paths.ok) return paths;
  for (const known of cursors.keys()) if (!paths.value.includes(known)) cursors.delete(known);
  const left = [...paths.value];
  let failed: Result<void> = ok(undefined);
  const ask = async (): Promise<void> => {
    for (let path = left.shift(); path !== undefined && failed.ok; path = left.shift()) {
      const read = await readNew(client, { path, cursor: cursors.get(path), count: wish.count });
      if (read.ok) {
        cursors.set(path, read.value.cursor);
        if (read.value.lines.length > 0) wish.emit(path, read.value.lines);
      } else if (read.refusal.code !== 'invalid-path') failed = read;
    }
  };
  await Promise.all(Array.from({ length: ASKED_MAX }, ask));
  return failed;
}

interface Seen {
  readonly path: string;
  /** Where the last read ended; undefined at the first look. */
  readonly cursor: bigint | undefined;
  readonly count: number;
}

/** Whole new lines of a stream and the cursor behind them. */
async function readNew(
  client: HiveClient,
  { path, cursor, count }: Seen,
): Promise<Result<{ readonly lines: readonly string[]; readonly cursor: bigint }>> {
  const found = await client.stat(path);
  if (!found.ok) return found;
  const { kind, size } = found.value;
  if (kind !== 'stream') return refuse('unsupported', `${path} is no stream to follow.`);
  if (cursor === undefined && count === 0) return ok({ lines: [], cursor: size });
  if (cursor !== undefined && size <= cursor) return ok({ lines: [], cursor });
  const content = await client.read(path, { maxBytes: READ_BYTES_MAX, from: cursor ?? 0n });
  if (!content.ok) return content;
  const lines = linesOf(content.value);
  const isFirst = cursor === undefined;
  return ok({
    lines: isFirst ? lines.slice(-count) : lines,
    cursor: cursorAfter(content.value, cursor ?? 0n),
  });
}
