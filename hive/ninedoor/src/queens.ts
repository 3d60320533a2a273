// What NineDoor knows of the queens: how many of their sessions are open, when one last did something, and the turns of
// events from which the hive knows whether it is cut off from them (contracts-1 4.3 "Root rules"): the first session
// begins, the last one ends and how, one is turned away while there is none.

import type { Cut } from '@cohesix/authority';

/** How a session ended. `quit` is in order; any other way cuts a queen off. */
export type Ending = 'quit' | Cut;

/** A turn of events about the queens. */
export type QueenEvent =
  | { readonly kind: 'attached' }
  | { readonly kind: 'ended'; readonly how: Ending }
  | { readonly kind: 'refused' };

/** The role whose sessions are counted here. */
export const QUEEN_ROLE = 'queen';

export class Queens {
  readonly #now: () => number;
  readonly #tell: (event: QueenEvent) => void;
  #openCount = 0;
  #seenMs = 0;
  #isHeard = false;

  constructor(now: () => number, tell: (event: QueenEvent) => void) {
    this.#now = now;
    this.#tell = tell;
  }

  /** Whether a session of a queen is open. */
  get isHere(): boolean {
    return this.#openCount > 0;
  }

  /** When a queen last did something, ms since the epoch; 0 when none has since this door opened. */
  get seenMs(): number {
    return this.#isHeard ? this.#now() : this.#seenMs;
  }

  /** A session began. */
  opened(): void {
    this.#openCount += 1;
    this.heard();
    if (this.#openCount === 1) this.#tell({ kind: 'attached' });
  }

  /** A session ended. */
  closed(how: Ending): void {
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#tell({ kind: 'ended', how });
  }

  /** An attach was refused. While a queen is here that is no news. */
  refused(): void {
    if (this.#openCount === 0) this.#tell({ kind: 'refused' });
  }

  /** A session did something. The clock is read once for all that one chunk of input asks for, not once an operation. */
  heard(): void {
    if (this.#isHeard) return;
    this.#isHeard = true;
    queueMicrotask(() => {
      this.#isHeard = false;
      this.#seenMs = this.#now();
    });
  }
}
