// Refusals of callers who are nobody yet (no good ticket, no such route, no HTTP): the first of a second are answered at once, more
// of them a while later. A flood asks again when it is answered, so its own patience becomes its rate; who is held is bounded, and
// beyond that cut off.

/** Bounds. */
export interface TarpitOptions {
  /** Refusals of one address in a second that are answered at once. */
  readonly freePerSecond: number;
  /** Answers that are held at a time. */
  readonly heldMax: number;
  readonly holdMs: number;
}

/** Addresses that are counted on their own; beyond that all others share one count. */
const ADDRESSES_MAX = 1024;
const SECOND_MS = 1000;

/** The refusals of one gateway. */
export class Tarpit {
  readonly #options: TarpitOptions;
  readonly #counts = new Map<string, number>();
  readonly #held = new Map<NodeJS.Timeout, () => void>();
  #forget: NodeJS.Timeout | undefined;

  constructor(options: TarpitOptions) {
    this.#options = options;
  }

  /** Answers now, later, or not at all: `answer` is called once, or `cut` is. */
  refuse(address: string, { answer, cut }: { readonly answer: () => void; readonly cut: () => void }): void {
    const { freePerSecond, heldMax, holdMs } = this.#options;
    if (this.#counted(address) <= freePerSecond) answer();
    else if (this.#held.size >= heldMax) cut();
    else {
      const timer = setTimeout(() => {
        this.#held.delete(timer);
        answer();
      }, holdMs);
      this.#held.set(timer, cut);
    }
  }

  /** Cuts everybody who is held. */
  close(): void {
    clearTimeout(this.#forget);
    for (const [timer, cut] of this.#held) {
      clearTimeout(timer);
      cut();
    }
    this.#held.clear();
  }

  #counted(address: string): number {
    this.#forget ??= setTimeout(() => {
      this.#forget = undefined;
      this.#counts.clear();
    }, SECOND_MS).unref();
    const key = this.#counts.has(address) || this.#counts.size < ADDRESSES_MAX ? address : '';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}
