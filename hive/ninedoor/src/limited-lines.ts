// Audit lines that anybody can cause, also without a ticket: written up to a rate, then as one line that says how many
// were left out, so that a flood cannot push the rest out of the log (`architecture.md`, rule 4).

const LINES_PER_WINDOW = 20;
const WINDOW_MS = 1000;

export class LimitedLines {
  readonly #what: string;
  readonly #audit: (line: string) => void;
  readonly #now: () => number;
  #windowStart = 0;
  #windowLines = 0;
  #suppressed = 0;

  /** `what`: how the lines begin, `audit <what>`. `now`: ms. */
  constructor(what: string, audit: (line: string) => void, now: () => number) {
    this.#what = what;
    this.#audit = audit;
    this.#now = now;
  }

  /** Writes `audit <what><rest>`, or counts it as left out. */
  write(rest: string): void {
    const now = this.#now();
    if (now - this.#windowStart >= WINDOW_MS || now < this.#windowStart) this.#openWindow(now);
    if (this.#windowLines >= LINES_PER_WINDOW) {
      this.#suppressed += 1;
      return;
    }
    this.#windowLines += 1;
    this.#audit(`audit ${this.#what}${rest}`);
  }

  #openWindow(now: number): void {
    if (this.#suppressed > 0) this.#audit(`audit ${this.#what} suppressed=${this.#suppressed}`);
    this.#windowStart = now;
    this.#windowLines = 0;
    this.#suppressed = 0;
  }
}
