// A lane: at most so many operations at a time, the others wait in order; more than `waitingMax` are refused.

import { type Result, refuse } from '@cohesix/wire';

/** A bounded number of operations at a time. */
export class Lane {
  readonly #max: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(bounds: { readonly max: number; readonly waitingMax: number }) {
    this.#max = bounds.max;
    this.#waitingMax = bounds.waitingMax;
  }

  /** Runs it when there is room; `limit` when too many wait already. */
  async run<T>(operation: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#running >= this.#max) {
      if (this.#waiting.length >= this.#waitingMax) return refuse('limit', 'Too many operations wait already.');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
