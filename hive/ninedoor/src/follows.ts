// Follows that wait on a ring, so that the hive can end them when the stream goes away (its worker was killed).

import type { Ring } from '@cohesix/telemetry';
import { ok, type Refusal, type Result, refusal } from '@cohesix/wire';

/** What a waiting follow does when there is data, and when its stream ends. */
export interface Waiter {
  readonly onAppend: () => void;
  readonly onEnd: (reason: Refusal) => void;
}

export class Follows {
  readonly #waiters = new Map<Ring, Set<Waiter>>();
  readonly #ended = new WeakSet<Ring>();

  /** Waits on a ring until `remove`. `limit` when too many do; `stale` when the stream has ended. */
  add(ring: Ring, waiter: Waiter): Result<void> {
    if (this.#ended.has(ring)) return { ok: false, refusal: endOf() };
    const added = ring.addListener(waiter.onAppend);
    if (!added.ok) return added;
    const waiters = this.#waiters.get(ring) ?? new Set<Waiter>();
    this.#waiters.set(ring, waiters.add(waiter));
    return ok(undefined);
  }

  /** Stops waiting; idempotent. */
  remove(ring: Ring, waiter: Waiter): void {
    ring.removeListener(waiter.onAppend);
    const waiters = this.#waiters.get(ring);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(ring);
  }

  /** Ends every follow of a stream that is no more, now and in future. */
  end(ring: Ring): void {
    this.#ended.add(ring);
    for (const waiter of [...(this.#waiters.get(ring) ?? [])]) {
      this.remove(ring, waiter);
      waiter.onEnd(endOf());
    }
  }
}

function endOf(): Refusal {
  return refusal('stale', 'The stream is gone: what wrote it has ended.');
}
