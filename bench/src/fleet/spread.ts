// What a stretch of load came to: how many operations, how many of them refused, and how long they took.

import { Histogram } from '../histogram.ts';

/** Figures of one stretch, plain data. */
export interface Spread {
  readonly operations: number;
  /** Refused or unanswered. Nothing is tried again. */
  readonly errors: number;
  /** What the first error was; absent without errors. */
  readonly firstError?: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const US_PER_MS = 1000;

/** Gathers operations as they end. */
export class Tally {
  readonly #times = new Histogram();
  readonly #begunAt = performance.now();
  #errors = 0;
  #firstError: string | undefined;
  #maxMs = 0;
  #lastAt = this.#begunAt;

  /** An operation that took `ms` ended now; with what went wrong, if it did. */
  add(ms: number, error?: string): void {
    this.#times.add(Math.max(0, ms) * US_PER_MS);
    this.#maxMs = Math.max(this.#maxMs, ms);
    this.#lastAt = performance.now();
    if (error === undefined) return;
    this.#errors += 1;
    this.#firstError ??= error;
  }

  /** How many ended so far. */
  get operations(): number {
    return this.#times.total;
  }

  /** The figures from the beginning to the last operation that ended. */
  spread(): Spread {
    const seconds = Math.max(0.001, (this.#lastAt - this.#begunAt) / 1000);
    const of = (fraction: number): number => this.#times.quantile(fraction) / US_PER_MS;
    return {
      operations: this.operations,
      errors: this.#errors,
      ...(this.#firstError === undefined ? {} : { firstError: this.#firstError }),
      seconds,
      perSecond: this.operations / seconds,
      p50Ms: of(0.5),
      p95Ms: of(0.95),
      p99Ms: of(0.99),
      maxMs: this.#maxMs,
    };
  }
}
