// So many at a time, the others in the order they came. Syncs of chunks share the few threads of the process with the journal, whose
// syncs others wait for: a push must not take them all.

/** Runs work, at most `count` at a time. What waits is bounded by who calls: one a blob that is being written. */
export class AtMost {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` when its turn has come; settles as it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
