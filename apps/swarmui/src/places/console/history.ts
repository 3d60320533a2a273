// Lines that were typed, for the arrows: kept with the tab, bounded, and never a line that holds a ticket.

import { mayKeep } from '@cohesix/client/core';

/** Lines that are kept, and characters of all of them: a browser keeps some MiB for a page, and refuses more. */
const HISTORY_LINES_MAX = 200;
const HISTORY_CHARS_MAX = 65_536;
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
    if (mayKeep(line) && this.#lines.at(-1) !== line) this.#lines = bounded([...this.#lines, line]);
    this.#at = this.#lines.length;
    this.#keep();
  }

  /** Forgets all: somebody else will type here. */
  clear(): void {
    this.#lines = [];
    this.#at = 0;
    this.#typed = '';
    this.#keep();
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

  #keep(): void {
    try {
      this.#keeper?.setItem(KEY, JSON.stringify(this.#lines));
    } catch {
      // The storage is full or switched off: the lines are there until the page is left.
    }
  }
}

/** The last of them that fit. */
function bounded(lines: readonly string[]): string[] {
  let room = HISTORY_CHARS_MAX;
  const isOver = (line: string): boolean => {
    room -= line.length;
    return room < 0;
  };
  const last = lines.slice(-HISTORY_LINES_MAX);
  return last.slice(last.findLastIndex(isOver) + 1);
}

function kept(keeper: Keeper | undefined): string[] {
  try {
    const read: unknown = JSON.parse(keeper?.getItem(KEY) ?? '[]');
    const lines = Array.isArray(read) ? read : [];
    return bounded(lines.filter((line) => typeof line === 'string' && mayKeep(line)));
  } catch {
    return []; // Somebody else wrote there; a history is not worth an error.
  }
}
