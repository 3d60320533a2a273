// Requests of a connection that are not answered yet: a control write waiting for the journal, a follow read waiting
// for data. Tflush of a read cancels it; Tflush of a write is answered after the write's own answer, because its
// change is already decided (flush(5): a response to the old request must come before Rflush).

/** A request waiting for its answer. */
export interface Pending {
  readonly tag: number;
  readonly fid: number;
  /** Gives it up without an answer; undefined when it cannot be given up any more. */
  readonly cancel: (() => void) | undefined;
  /** Tags of Tflush to answer right after it; at most as many as requests may wait. */
  readonly flushTags: number[];
}

export class PendingTable {
  readonly #byTag = new Map<number, Pending>();
  readonly #max: number;
  readonly #counter: { outstanding: number };

  /** `max`: requests waiting at once, `secure9p.tags_per_session`. `counter` counts over all connections. */
  constructor(max: number, counter: { outstanding: number }) {
    this.#max = max;
    this.#counter = counter;
  }

  get size(): number {
    return this.#byTag.size;
  }

  /** Whether one more Tflush may wait for a request. */
  takesFlush(pending: Pending): boolean {
    return pending.flushTags.length < this.#max;
  }

  get isFull(): boolean {
    return this.#byTag.size >= this.#max;
  }

  has(tag: number): boolean {
    return this.#byTag.has(tag);
  }

  get(tag: number): Pending | undefined {
    return this.#byTag.get(tag);
  }

  add(pending: Pending): void {
    this.#byTag.set(pending.tag, pending);
    this.#counter.outstanding += 1;
  }

  /**
   * Takes a request out, to answer it. False when it was given up meanwhile; its tag may belong to another request by
   * then, so it is known by itself and not by its tag.
   */
  take(pending: Pending): boolean {
    if (this.#byTag.get(pending.tag) !== pending) return false;
    this.#byTag.delete(pending.tag);
    this.#counter.outstanding -= 1;
    return true;
  }

  /** The cancellable requests on a fid. */
  onFid(fid: number): Pending[] {
    return [...this.#byTag.values()].filter((pending) => pending.fid === fid && pending.cancel !== undefined);
  }

  /** Cancels and forgets what can be given up. */
  cancelAll(): void {
    for (const pending of [...this.#byTag.values()]) {
      if (pending.cancel === undefined) continue;
      pending.cancel();
      this.take(pending);
    }
  }

  /** Cancels everything that can be and forgets all. */
  clear(): void {
    for (const pending of this.#byTag.values()) pending.cancel?.();
    this.#counter.outstanding -= this.#byTag.size;
    this.#byTag.clear();
  }
}
