// Work on one key at a time, in the order it came; work on different keys runs side by side. What a queue holds is bounded by
// who calls: one operation a connection at a time.

/** Queues by key. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` after all earlier work on `key`, whether that succeeded or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const after = before.then(work, work);
    // The tail swallows a rejection: whoever called `run` has it.
    const tail: Promise<void> = after.then(
      () => this.#forget(key, tail),
      () => this.#forget(key, tail),
    );
    this.#tails.set(key, tail);
    return after;
  }

  /** Whether work on `key` runs or waits. */
  isBusy(key: string): boolean {
    return this.#tails.has(key);
  }

  #forget(key: string, tail: Promise<unknown>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }
}
