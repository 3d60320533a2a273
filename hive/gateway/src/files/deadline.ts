// The deadline of an operation behind the gateway. What is late goes on by itself: nobody waits for it any more.

import type { Soon } from '../http/soon.ts';

/** The value of `work`, or undefined when it is not there within `ms`; `onLate` gets what comes then, to give it back. */
export function within<T>(work: Promise<T>, ms: number, onLate?: (value: T) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(undefined);
      if (onLate !== undefined) work.then(onLate, () => {});
    }, ms);
    const settle =
      <V>(done: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer);
        done(value);
      };
    work.then(settle(resolve), settle(reject));
  });
}

/**
 * Deadlines of reads, of which most are done in the turn of the event loop in which they are asked: only what is not gets a timer,
 * and all of a turn are looked at together.
 */
export class ReadDeadline {
  readonly #ms: number;
  #asked: Asked[] = [];

  /** `ms`: for each, from the turn after it was asked. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }

  /** As the function of that name; what is at hand already is in time. */
  within<T>(work: Soon<T>): Soon<T | undefined> {
    if (!(work instanceof Promise)) return work;
    return new Promise((resolve, reject) => {
      const asked: Asked = { isDone: false, late: () => resolve(undefined), timer: undefined };
      const end = (): void => {
        asked.isDone = true;
        clearTimeout(asked.timer);
      };
      work.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
      if (this.#asked.push(asked) === 1) setImmediate(() => this.#begin());
    });
  }

  #begin(): void {
    const all = this.#asked;
    this.#asked = [];
    for (const asked of all) if (!asked.isDone) asked.timer = setTimeout(asked.late, this.#ms);
  }
}

interface Asked {
  isDone: boolean;
  readonly late: () => void;
  timer: NodeJS.Timeout | undefined;
}
