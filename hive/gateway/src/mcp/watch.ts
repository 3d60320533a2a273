// Being told when a file changes: a stream is followed, any other file is looked at from time to time by the version of its qid.
// Every listener of one session to one file shares one watch.

import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileStat, HiveClient } from '@cohesix/client';
import type { Refusal } from '@cohesix/wire';
import type { McpLimits } from './limits.ts';

type WatchLimits = Pick<McpLimits, 'watchesMax' | 'pollMs' | 'quietMs'>;

/** A session whose files are watched. */
export interface WatchedSession {
  readonly client: HiveClient;
  /** Called with what the hive refuses; a session that ended is watched no longer. */
  readonly refused: (refusal: Refusal) => void;
  readonly limits: WatchLimits;
}

/** The files a session is told about. */
export class Watches {
  readonly #session: WatchedSession;
  readonly #open = new Map<string, Watch>();

  constructor(session: WatchedSession) {
    this.#session = session;
  }

  /** Files watched now. */
  get size(): number {
    return this.#open.size;
  }

  /** Calls `changed` after each change of the file until it is stopped; undefined when there are too many. */
  add(path: string, changed: () => void): Listening | undefined {
    const known = this.#open.get(path);
    if (known === undefined && this.#open.size >= this.#session.limits.watchesMax) return undefined;
    const watch = known ?? this.#start(path);
    // A listener of its own, so that the same function can be added twice.
    const listener = (): void => changed();
    watch.listeners.add(listener);
    const stop = (): void => {
      watch.listeners.delete(listener);
      if (watch.listeners.size > 0) return;
      watch.stop.abort();
      if (this.#open.get(path) === watch) this.#open.delete(path);
    };
    return { stop, ready: watch.ready };
  }

  close(): void {
    for (const { stop } of this.#open.values()) stop.abort();
    this.#open.clear();
  }

  #start(path: string): Watch {
    const listeners = new Set<() => void>();
    const stop = new AbortController();
    const tell = (): void => {
      for (const listener of listeners) listener();
    };
    const ready = new Promise<void>((isReady) => {
      void watchFile(path, { ...this.#session, signal: stop.signal, tell, isReady });
    });
    const watch = { listeners, stop, ready };
    this.#open.set(path, watch);
    return watch;
  }
}

/** Somebody who is told. */
export interface Listening {
  readonly stop: () => void;
  /** Settles when every later change will be told. */
  readonly ready: Promise<void>;
}

interface Watch {
  readonly listeners: Set<() => void>;
  readonly stop: AbortController;
  readonly ready: Promise<void>;
}

interface Watching extends WatchedSession {
  readonly signal: AbortSignal;
  readonly tell: () => void;
  readonly isReady: () => void;
}

/** Until the signal. A file that is not there yet, or not any more, is looked at like the others: coming and going are changes. */
async function watchFile(path: string, watching: Watching): Promise<void> {
  const { client, signal, limits, tell } = watching;
  let seen: FileStat | undefined;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const stat = await client.stat(path);
    if (!stat.ok) watching.refused(stat.refusal);
    const now = stat.ok ? stat.value : undefined;
    if (!isFirst && !signal.aborted && isOther(seen, now)) tell();
    seen = now;
    watching.isReady();
    // From the end as it was seen: what came since is told.
    if (now?.kind === 'stream') await followStream(path, { ...watching, from: now.size });
    await pause(limits.pollMs, signal);
  }
}

function isOther(a: FileStat | undefined, b: FileStat | undefined): boolean {
  return a?.qidVersion !== b?.qidVersion || a?.size !== b?.size;
}

/** Ends with the follow. Between two messages the stream keeps what comes: one message tells of all of it. */
async function followStream(
  path: string,
  { client, signal, tell, limits, from }: Watching & { readonly from: bigint },
): Promise<void> {
  const follow = await client.follow(path, { from });
  if (!follow.ok) return;
  const whenAborted = addAbortListener(signal, () => follow.value.stop());
  for await (const _ of follow.value) {
    if (!signal.aborted) tell();
    await pause(limits.quietMs, signal);
  }
  whenAborted[Symbol.dispose]();
}

/** Waits, but not beyond the signal; keeps no process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // What `sleep` rejects with is only the signal, which the caller looks at.
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
