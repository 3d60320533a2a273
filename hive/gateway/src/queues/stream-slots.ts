// Places for what stays open: event streams and WebSockets, so many at a time, and of each ticket only a part of them.

/** Bounds. */
export interface StreamSlotsOptions {
  readonly max: number;
  readonly perTicket: number;
}

/** The places of one gateway. */
export class StreamSlots {
  readonly #options: StreamSlotsOptions;
  readonly #byHolder = new Map<string, number>();
  #open = 0;
  #refused = 0;

  constructor(options: StreamSlotsOptions) {
    this.#options = options;
  }

  /** Places that are taken. */
  get open(): number {
    return this.#open;
  }

  /** Times that none was to be had. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes a place for `holder`: a caller's id, or an address while the ticket is not known. Undefined when there is none; else
   * what gives it back, once.
   */
  take(holder: string): (() => void) | undefined {
    const own = this.#byHolder.get(holder) ?? 0;
    if (this.#open >= this.#options.max || own >= this.#options.perTicket) {
      this.#refused += 1;
      return undefined;
    }
    this.#open += 1;
    this.#byHolder.set(holder, own + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(holder);
      isTaken = false;
    };
  }

  #release(holder: string): void {
    this.#open -= 1;
    const left = (this.#byHolder.get(holder) ?? 1) - 1;
    if (left === 0) this.#byHolder.delete(holder);
    else this.#byHolder.set(holder, left);
  }
}
