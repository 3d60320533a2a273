// How much is begun in one turn of the event loop. All requests that came since the last turn would otherwise be answered before the
// next one is even read: a flood of a thousand then costs everybody else a thousand answers. So each holder (a ticket, or an
// address while the ticket is not known) begins so many a turn, all together so many; the rest waits for the next turns, holders
// in turn. Who waits is bounded by the connections: each has one request in work. Who waits is called, not promised: under load
// most requests wait, and a promise for each would be a part of what a read costs.

/** Bounds of a turn. */
export interface PacerOptions {
  readonly perTurn: number;
  readonly perHolder: number;
  /** A turn is this long, ms; default: one turn of the event loop. */
  readonly turnMs?: number;
}

/** The pace of one gateway. */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #begun = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  #count = 0;
  #isScheduled = false;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** Whether the holder may begin now; if not, `go` is called when its turn has come. `go` must not throw. */
  begin(holder: string, go: () => void): boolean {
    if (!this.#isScheduled) this.#schedule();
    const own = this.#waiting.size === 0 ? undefined : this.#waiting.get(holder);
    if (own === undefined && this.#mayBegin(holder)) {
      this.#note(holder);
      return true;
    }
    if (own === undefined) this.#waiting.set(holder, [go]);
    else own.push(go);
    return false;
  }

  /** What was begun turned out to be as much work as `more` besides it: the next of this turn wait for that. */
  spend(holder: string, more: number): void {
    this.#count += more;
    this.#begun.set(holder, (this.#begun.get(holder) ?? 0) + more);
  }

  #mayBegin(holder: string): boolean {
    const { perTurn, perHolder } = this.#options;
    return this.#count < perTurn && (this.#begun.get(holder) ?? 0) < perHolder;
  }

  #note(holder: string): void {
    this.#count += 1;
    this.#begun.set(holder, (this.#begun.get(holder) ?? 0) + 1);
  }

  #schedule(): void {
    this.#isScheduled = true;
    const { turnMs } = this.#options;
    if (turnMs === undefined) setImmediate(this.#turn);
    else setTimeout(this.#turn, turnMs);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    this.#count = 0;
    this.#begun.clear();
    if (this.#waiting.size === 0) return;
    this.#schedule();
    for (const [holder, own] of [...this.#waiting]) {
      if (this.#count >= this.#options.perTurn) return;
      this.#beginWaiting(holder, own);
    }
  };

  /** Whoever is called may begin more of the same holder: that waits behind the others, so they stay listed until all were called. */
  #beginWaiting(holder: string, own: (() => void)[]): void {
    let called = 0;
    for (let go = own[called]; go !== undefined && this.#mayBegin(holder); go = own[called]) {
      called += 1;
      this.#note(holder);
      go();
    }
    own.splice(0, called);
    this.#waiting.delete(holder);
    if (own.length > 0) this.#waiting.set(holder, own);
  }
}
