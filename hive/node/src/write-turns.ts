// How many writes run at a time. A sync keeps one of the few threads for files busy (libuv has four): a thousand devices that send at
// once must leave the journal some. Who waits meanwhile has more to write with one sync.

/** Turns that are taken and given back, in the order in which they were asked for. */
export class WriteTurns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** `count`: how many have a turn at a time. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when it is this one's turn; matched by one call of `end`. */
  begin(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a turn back. */
  end(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
