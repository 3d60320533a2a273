// A value that is watched. State of the page that outlives a component lies in stores; components read them with `useStore`.

import { useSyncExternalStore } from 'react';

/** A value and those who want to hear of its changes. */
export class Store<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  /** The present value. */
  readonly get = (): T => this.#value;

  /** Puts another value there and tells everybody, unless it is the same one. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    // One that was taken away by another on the way is not told any more.
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) watcher();
  }

  /** Calls `watcher` after each change; the function that is answered ends that. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size;
  }
}

/** The value of a store, in a component. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.watch, store.get);
}
