// Views that somebody looks at, kept fresh: read when first watched, and again with each beat of the pulse while anybody watches.
// One read of a path at a time, a few of all; what did not change is not told again. What other eyes saw is forgotten. What a ticket may
// not see, or is not there, is asked for ever more rarely: each refusal is counted by the hive, and may be what makes the next beat.

import type { HiveClient } from '@cohesix/client/core';
import { type Refusal, type Result, tagOf } from '@cohesix/wire';
import { eyesOf, type Hive, hive, useHive } from '../session/hive.ts';
import { isVisible } from '../session/platform.ts';
import { session } from '../session/session.ts';
import { isTicketOver, isUnanswered } from '../session/verdicts.ts';
import { Store, useStore } from '../store/store.ts';
import { type Content, WAITING } from './content.ts';
import { beat, pulse } from './pulse.ts';

/** How something is read of a path, and when two readings are the same. */
export interface Reading<T> {
  /** Part of the key under which contents are kept. */
  readonly name: string;
  readonly read: (client: HiveClient, path: string) => Promise<Result<T>>;
  readonly isSame: (one: T, other: T) => boolean;
  /** Whether it is so long that reading it with every beat would be all that the connection does. Default: no. */
  readonly isLong?: (value: T) => boolean;
}

const READS_AT_ONCE = 8;
/** Contents kept that nobody watches. */
const KEPT_MAX = 256;
/** Beats after which nobody will watch what a component that never came asked for. */
const IDLE_BEATS = 2;
/** After a refusal that says no, ms: doubles with each in a row. */
const REFUSED_MS = 500;
const REFUSED_MAX_MS = 10_000;
/** What is long is read so often at most, ms. */
const LONG_MS = 1000;
/** The longest view of a hive has so many bytes (`/proc/fleet`, hive/node). */
export const VIEW_BYTES_MAX: number = 4_194_304;
/** Bytes, or characters, above which a content is long. */
export const LONG_SIZE: number = 65_536;

class Watched<T> {
  readonly content: Store<Content<T>> = new Store<Content<T>>(WAITING);
  readonly #path: string;
  readonly #reading: Reading<T>;
  #isReading = false;
  #isDue = false;
  /** When it was read last: the hive, and the beat. */
  #of: Hive | undefined;
  #beat = -1;
  /** Beats in a row at which nobody watched. */
  idle = 0;
  /** Refusals in a row that say no, when it may be asked again (`performance.now`), and what wakes it then. */
  #refusals = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, reading: Reading<T>) {
    this.#path = path;
    this.#reading = reading;
  }

  /** Whether something may have happened since it was read. */
  get isBehind(): boolean {
    return this.#of !== hive.get() || this.#beat !== pulse.get();
  }

  /** Asks soon: in its turn, or when it may be asked again. */
  askSoon(): void {
    const waitMs = this.#of === hive.get() ? this.#notBefore - performance.now() : 0;
    if (waitMs <= 0) queue.add(this as Watched<unknown>);
    else this.#timer ??= setTimeout(() => this.#isTime(), waitMs);
  }

  #isTime(): void {
    this.#timer = undefined;
    if (this.content.watchers === 0) return;
    // The beat that asked for it stands until somebody looks.
    if (!isVisible.get()) return beat();
    queue.add(this as Watched<unknown>);
    drainAll();
  }

  /** Asks the hive that is shown; what is asked meanwhile is asked once more afterwards, and so is what another hive said. */
  async refresh(): Promise<void> {
    this.#isDue = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isDue) await this.#once();
    } finally {
      this.#isReading = false;
    }
  }

  async #once(): Promise<void> {
    this.#isDue = false;
    const now = hive.get();
    const asOf = pulse.get();
    const read = now === undefined ? undefined : await this.#reading.read(now.client, this.#path);
    if (now !== hive.get()) {
      this.#isDue = true;
      return;
    }
    this.#of = now;
    this.#beat = asOf;
    this.#take(read);
    this.#notBefore = performance.now() + this.#restMs(read);
    if (now?.mode === 'live' && read?.ok === false && isSessionOver(read.refusal))
      session.lost(now.client, read.refusal);
  }

  /** How long it is left alone after an answer. */
  #restMs(result: Result<T> | undefined): number {
    const isNo = result?.ok === false && tagOf(result.refusal.code) === 'policy';
    this.#refusals = isNo ? this.#refusals + 1 : 0;
    if (isNo) return Math.min(REFUSED_MS * 2 ** (this.#refusals - 1), REFUSED_MAX_MS);
    return result?.ok === true && this.#reading.isLong?.(result.value) === true ? LONG_MS : 0;
  }

  #take(result: Result<T> | undefined): void {
    const before = this.content.get();
    if (result?.ok === true) {
      const isKnown = before.kind === 'here' && !before.isStale && this.#reading.isSame(before.value, result.value);
      if (!isKnown) this.content.set({ kind: 'here', value: result.value, isStale: false });
    } else if (before.kind === 'here' && (result === undefined || isSessionOver(result.refusal))) this.stale();
    else if (result !== undefined) this.content.set({ kind: 'refused', refusal: result.refusal });
  }

  /** What is shown may be another one by now. */
  stale(): void {
    const content = this.content.get();
    if (content.kind === 'here' && !content.isStale) this.content.set({ ...content, isStale: true });
  }
}

/** A refusal that says nothing of the file. */
function isSessionOver(refusal: Refusal): boolean {
  return isUnanswered(refusal) || isTicketOver(refusal);
}

const watched = new Map<string, Watched<unknown>>();
const queue = new Set<Watched<unknown>>();
let running = 0;
let eyes: unknown;

function refreshAll(): void {
  sweep();
  for (const one of watched.values()) if (one.content.watchers > 0) one.askSoon();
  drainAll();
}

function drainAll(): void {
  while (running < READS_AT_ONCE && queue.size > 0) void drain();
}

async function drain(): Promise<void> {
  running += 1;
  // A reading that throws is a mistake of its place, and must not stop the others.
  for (const one of queue) {
    queue.delete(one);
    await one.refresh().catch((error: unknown) => globalThis.reportError?.(error));
  }
  running -= 1;
}

/** Forgets what nobody watches any more. A content that was just asked for gets its watcher when the component is there. */
function sweep(): void {
  for (const [key, one] of watched) {
    one.idle = one.content.watchers > 0 ? 0 : one.idle + 1;
    if (watched.size > KEPT_MAX && one.idle >= IDLE_BEATS) watched.delete(key);
  }
}

/** Nothing that was read with other eyes is shown; what was read of another moment is stale until it is read again. */
function changeEyes(): void {
  const now = hive.get();
  const isOut = now === undefined && session.phase.get().kind === 'signed-out';
  const isOther = isOut || (now !== undefined && eyesOf(now) !== eyes);
  if (isOther) eyes = now === undefined ? undefined : eyesOf(now);
  for (const [key, one] of watched) {
    if (!isOther) one.stale();
    else if (one.content.watchers === 0) watched.delete(key);
    else one.content.set(WAITING);
  }
}

pulse.watch(refreshAll);
hive.watch(() => {
  changeEyes();
  refreshAll();
});
session.phase.watch(() => session.phase.get().kind === 'signed-out' && changeEyes());

/** What is read of a path, kept fresh, in a component. */
export function useReading<T>(path: string, reading: Reading<T>): Content<T> {
  useHive();
  return useStore(contentOf(path, reading));
}

/** The content that is kept for a path: whoever watches it keeps it fresh. */
export function contentOf<T>(path: string, reading: Reading<T>): Store<Content<T>> {
  const key = `${reading.name} ${path}`;
  const known = watched.get(key) as Watched<T> | undefined;
  if (known !== undefined && (known.content.watchers > 0 || !known.isBehind)) return known.content;
  const one = known ?? new Watched(path, reading);
  // Nobody watches it, so nobody is told during a render.
  one.stale();
  watched.set(key, one as Watched<unknown>);
  queue.add(one as Watched<unknown>);
  drainAll();
  return one.content;
}
