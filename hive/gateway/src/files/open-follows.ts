// Follows that callers read from: stopped when their caller goes, and all of them when the gateway closes, so that each reader
// is told of the end in an orderly way.

import { addAbortListener } from 'node:events';
import type { Follow } from '@cohesix/client';
import type { Result } from '@cohesix/wire';

/** Stops a follow that came too late to be read. */
export function stopLate(follow: Result<Follow>): void {
  if (follow.ok) follow.value.stop();
}

/** The follows of a gateway that run. How many there may be is the business of `StreamSlots`. */
export class OpenFollows {
  readonly #running = new Set<Follow>();

  /** Stops `follow` when `signal` says that its caller is gone, or when all are stopped. */
  add(follow: Follow, signal: AbortSignal): void {
    this.#running.add(follow);
    void follow.ended.then(() => this.#running.delete(follow));
    addAbortListener(signal, () => follow.stop());
  }

  /** How many run. */
  get size(): number {
    return this.#running.size;
  }

  /** Stops all. */
  stop(): void {
    for (const follow of this.#running) follow.stop();
  }
}
