// One sync of a directory for everybody who waits for one: a sync that begins after a rename makes that rename durable, so those
// who come while one runs wait together for the next. Chunks pushed side by side then cost a sync together, not each.

/** Shares the syncs of one directory. */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves after a sync that began after this call; rejects with what that sync rejects with. */
  run(): Promise<void> {
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#sync();
    return this.#running;
  }
}
