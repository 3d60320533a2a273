// Follows that wait on a ring, so that the hive can end them when the stream goes away (its worker was killed). A ring
// has one listener of ours however many wait, so what bounds the number of followers is the bound here.

import type { Ring } from '@cohesix/telemetry';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';

/** What a waiting follow does when there is data, and when its stream ends. */
export interface Waiter {
  readonly onAppend: () => void;
  readonly onEnd: (reason: Refusal) => void;
}

/** Follows that may wait on one stream at once, over all doors. */
const WAITERS_MAX = 65_536;

interface Watch {
  readonly waiters: Set<Waiter>;
  readonly onAppend: () => void;
}

export class Follows {
  readonly #waitersMax: number;
  readonly #watches = new Map<Ring, Watch>();
  readonly #ended = new WeakSet<Ring>();

  /** `waitersMax`: most on one stream. */
  constructor(waitersMax: number = WAITERS_MAX) {
    this.#waitersMax = waitersMax;
  }

  /** Waits on a ring until `remove`. `limit` when too many do; `stale` when the stream has ended. */
  add(ring: Ring, waiter: Waiter): Result<void> {
    if (this.#ended.has(ring)) return { ok: false, refusal: endOf() };
    const watch = this.#watches.get(ring) ?? newWatch();
    if (watch.waiters.size >= this.#waitersMax)
      return refuse('limit', `${this.#waitersMax} follow this stream already.`);
    const added = ring.addListener(watch.onAppend);
    if (!added.ok) return added;
    watch.waiters.add(waiter);
    this.#watches.set(ring, watch);
    return ok(undefined);
  }

  /** Stops waiting; idempotent. */
  remove(ring: Ring, waiter: Waiter): void {
    const watch = this.#watches.get(ring);
    if (watch === undefined || !watch.waiters.delete(waiter) || watch.waiters.size > 0) return;
    ring.removeListener(watch.onAppend);
    this.#watches.delete(ring);
  }

  /** Ends every follow of a stream that is no more, now and in future. */
  end(ring: Ring): void {
    this.#ended.add(ring);
    for (const waiter of [...(this.#watches.get(ring)?.waiters ?? [])]) {
      this.remove(ring, waiter);
      waiter.onEnd(endOf());
    }
  }
}

/** Waiters hear of appends once a turn, after whoever appended has been answered: an OK comes before what it caused. */
function newWatch(): Watch {
  const waiters = new Set<Waiter>();
  let isScheduled = false;
  const tell = (): void => {
    isScheduled = false;
    // A copy, since a waiter removes itself when it has what it waited for, and may come back at once.
    for (const waiter of [...waiters]) if (waiters.has(waiter)) waiter.onAppend();
  };
  const onAppend = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(tell);
  };
  return { waiters, onAppend };
}

function endOf(): Refusal {
  return refusal('stale', 'The stream is gone: what wrote it has ended.');
}
