// Lines that were typed, for the arrows: kept with the tab, bounded, and never a line that holds a ticket.

import { mayKeep } from '@cohesix/client/core';

/** Lines that are kept. */
const HISTORY_LINES_MAX = 200;
const KEY = 'cohesix.console.history';

/** Where lines are kept: `sessionStorage`. */
export type Keeper = Pick<Storage, 'getItem' | 'setItem'>;

/** The lines, oldest first, and where in them the arrows are. */
export class LineHistory {
  readonly #keeper: Keeper | undefined;
  #lines: string[];
  /** Index of the line that is shown; the length: the one that is being typed. */
  #at: number;
  #typed = '';

  constructor(keeper?: Keeper) {
    this.#keeper = keeper;
    this.#lines = kept(keeper);
    this.#at = this.#lines.length;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line that was sent; the same one twice in a row is one. */
  add(line: string): void {
    if (mayKeep(line) && this.#lines.at(-1) !== line) this.#lines = [...this.#lines, line].slice(-HISTORY_LINES_MAX);
    this.#at = this.#lines.length;
    this.#keeper?.setItem(KEY, JSON.stringify(this.#lines));
  }

  /** The line before the one that is shown; `typed` is what stands there, and comes back at the end. */
  up(typed: string): string | undefined {
    if (this.#at === this.#lines.length) this.#typed = typed;
    if (this.#at === 0) return undefined;
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  /** The line after it. */
  down(): string | undefined {
    if (this.#at === this.#lines.length) return undefined;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#typed;
  }
}

function kept(keeper: Keeper | undefined): string[] {
  try {
    const read: unknown = JSON.parse(keeper?.getItem(KEY) ?? '[]');
    const lines = Array.isArray(read) ? read : [];
    return lines.filter((line) => typeof line === 'string' && mayKeep(line)).slice(-HISTORY_LINES_MAX);
  } catch {
    return []; // Somebody else wrote there; a history is not worth an error.
  }
}
