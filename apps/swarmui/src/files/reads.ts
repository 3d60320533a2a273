// Views that somebody looks at, kept fresh: read when first watched, and again with each beat of the pulse while anybody watches.
// One read of a path at a time, a few of all; what did not change is not told again.

import type { HiveClient } from '@cohesix/client/core';
import type { Result } from '@cohesix/wire';
import { type Hive, hive, useHive } from '../session/hive.ts';
import { Store, useStore } from '../store/store.ts';
import { type Content, WAITING } from './content.ts';
import { pulse } from './pulse.ts';

/** How something is read of a path, and when two readings are the same. */
export interface Reading<T> {
  /** Part of the key under which contents are kept. */
  readonly name: string;
  readonly read: (client: HiveClient, path: string) => Promise<Result<T>>;
  readonly isSame: (one: T, other: T) => boolean;
}

const READS_AT_ONCE = 8;
/** Contents kept that nobody watches. */
const KEPT_MAX = 256;

class Watched<T> {
  readonly content: Store<Content<T>> = new Store<Content<T>>(WAITING);
  readonly #path: string;
  readonly #reading: Reading<T>;
  #isReading = false;
  #isDue = false;

  constructor(path: string, reading: Reading<T>) {
    this.#path = path;
    this.#reading = reading;
  }

  /** Asks the hive; what is asked meanwhile is asked once more afterwards. */
  async refresh(now: Hive | undefined): Promise<void> {
    if (this.#isReading) {
      this.#isDue = true;
      return;
    }
    this.#isReading = true;
    do {
      this.#isDue = false;
      this.#take(now === undefined ? undefined : await this.#reading.read(now.client, this.#path));
    } while (this.#isDue && now === hive.get());
    this.#isReading = false;
  }

  #take(result: Result<T> | undefined): void {
    const before = this.content.get();
    if (result?.ok === true) {
      const isKnown = before.kind === 'here' && !before.isStale && this.#reading.isSame(before.value, result.value);
      if (!isKnown) this.content.set({ kind: 'here', value: result.value, isStale: false });
    } else if (before.kind === 'here' && (result === undefined || GONE.has(result.refusal.code))) {
      this.content.set({ ...before, isStale: true });
    } else if (result !== undefined) this.content.set({ kind: 'refused', refusal: result.refusal });
  }
}

/** Refusals that say nothing of the file. */
const GONE: ReadonlySet<string> = new Set(['unreachable', 'closed', 'timeout', 'cancelled']);

const watched = new Map<string, Watched<unknown>>();
let queue: Watched<unknown>[] = [];
let running = 0;

function refreshAll(): void {
  queue = [...watched.values()].filter(({ content }) => content.watchers > 0);
  while (running < READS_AT_ONCE && queue.length > 0) void drain();
}

async function drain(): Promise<void> {
  running += 1;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next.refresh(hive.get());
  running -= 1;
}

pulse.watch(refreshAll);
hive.watch(refreshAll);

/** What is read of a path, kept fresh, in a component. */
export function useReading<T>(path: string, reading: Reading<T>): Content<T> {
  useHive();
  return useStore(contentOf(path, reading));
}

function contentOf<T>(path: string, reading: Reading<T>): Store<Content<T>> {
  const key = `${reading.name} ${path}`;
  const known = watched.get(key) as Watched<T> | undefined;
  if (known !== undefined) return known.content;
  if (watched.size >= KEPT_MAX)
    for (const [name, { content }] of watched) if (content.watchers === 0) watched.delete(name);
  const made = new Watched(path, reading);
  watched.set(key, made as Watched<unknown>);
  void made.refresh(hive.get());
  return made.content;
}
