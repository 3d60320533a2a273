// Fid numbers of one connection. They count upwards and wrap, so that a number is not used again soon after its clunk;
// a number whose fate is unknown stays taken until it is known.

import { NOFID } from '@cohesix/wire';

/** Hands out fids, at most `max` at a time. */
export class FidPool {
  readonly #live = new Set<number>();
  readonly #max: number;
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** A free fid, or undefined when all are in use. */
  take(): number | undefined {
    if (this.#live.size >= this.#max) return undefined;
    while (this.#live.has(this.#next)) this.#advance();
    const fid = this.#next;
    this.#live.add(fid);
    this.#advance();
    return fid;
  }

  /** Gives a fid back: the server has certainly forgotten it. */
  release(fid: number): void {
    this.#live.delete(fid);
  }

  /** Fids in use. */
  get count(): number {
    return this.#live.size;
  }

  #advance(): void {
    this.#next = this.#next + 1 === NOFID ? 0 : this.#next + 1;
  }
}
