// Counters of refusals by tag, and their audit lines. A flood of refusals is counted in full but written only up to a
// rate, then as one line that says how many were left out (`architecture.md`, rule 4).

import { type Refusal, type RefusalTag, tagOf } from '@cohesix/wire';

const LINES_PER_WINDOW = 20;
const WINDOW_MS = 1000;

export class Pressure {
  readonly counts: Record<RefusalTag, number> = { busy: 0, quota: 0, cut: 0, policy: 0 };
  readonly #audit: (line: string) => void;
  readonly #now: () => number;
  #windowStart = 0;
  #windowLines = 0;
  #suppressed = 0;

  constructor(audit: (line: string) => void, now: () => number) {
    this.#audit = audit;
    this.#now = now;
  }

  /** Counts one refusal and, unless flooded, writes its audit line. */
  count(refusal: Refusal, where: string): void {
    this.counts[tagOf(refusal.code)] += 1;
    const now = this.#now();
    if (now - this.#windowStart >= WINDOW_MS || now < this.#windowStart) this.#openWindow(now);
    if (this.#windowLines >= LINES_PER_WINDOW) {
      this.#suppressed += 1;
      return;
    }
    this.#windowLines += 1;
    this.#audit(`audit refused reason=${tagOf(refusal.code)} detail=${refusal.code} ${where}`);
  }

  #openWindow(now: number): void {
    if (this.#suppressed > 0) this.#audit(`audit refused suppressed=${this.#suppressed}`);
    this.#windowStart = now;
    this.#windowLines = 0;
    this.#suppressed = 0;
  }
}
