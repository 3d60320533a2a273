// Requests of a connection that are not answered yet: a control write waiting for the journal, a follow read waiting
// for data. Tflush of a read cancels it; Tflush of a write is answered after the write's own answer, because its
// change is already decided (flush(5): a response to the old request must come before Rflush).

/** A request waiting for its answer. */
export interface Pending {
  readonly tag: number;
  readonly fid: number;
  /** Gives it up without an answer; undefined when it cannot be given up any more. */
  readonly cancel: (() => void) | undefined;
  /** Tags of Tflush to answer right after it. */
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

  /** Takes a request out, to answer it. Undefined when it was cancelled meanwhile. */
  take(tag: number): Pending | undefined {
    const pending = this.#byTag.get(tag);
    if (pending !== undefined && this.#byTag.delete(tag)) this.#counter.outstanding -= 1;
    return pending;
  }

  /** The cancellable requests on a fid. */
  onFid(fid: number): Pending[] {
    return [...this.#byTag.values()].filter((pending) => pending.fid === fid && pending.cancel !== undefined);
  }

  /** Cancels and forgets what can be given up. */
  cancelAll(): void {
    for (const { tag, cancel } of [...this.#byTag.values()]) {
      if (cancel === undefined) continue;
      cancel();
      this.take(tag);
    }
  }

  /** Cancels everything that can be and forgets all. */
  clear(): void {
    for (const pending of this.#byTag.values()) pending.cancel?.();
    this.#counter.outstanding -= this.#byTag.size;
    this.#byTag.clear();
  }
}
