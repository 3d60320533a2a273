// Things that each have their turn once a round, spread over it: ten thousand reports at one moment would hold up the hive for
// half a second, a few at each of many moments do not. What is added has its first turn a whole round later.

import { assert } from '@cohesix/check';

/** Steps of a round. */
export const ROUND_STEPS = 50;
/** Least that have their turn at one step, when so many are there. */
const STEP_LEAST = 64;
/** Beyond its even share a step takes half as much again; what is left over has its turn at the next. */
const STEP_SHARE = 1.5;

export class Rounds<T> {
  readonly #steps: readonly Set<T>[] = Array.from({ length: ROUND_STEPS }, () => new Set<T>());
  readonly #stepOf = new Map<T, Set<T>>();
  #next = 0;

  /** Adds what is not there yet. */
  add(item: T): void {
    assert(!this.#stepOf.has(item), 'has a turn already');
    this.#put(item, this.#next + ROUND_STEPS - 1);
  }

  /** Takes away; nothing happens when it is not there. */
  delete(item: T): void {
    this.#stepOf.get(item)?.delete(item);
    this.#stepOf.delete(item);
  }

  /** One step further: whose turn it is, each of which has the next a round later. */
  step(): readonly T[] {
    const most = Math.max(STEP_LEAST, Math.ceil((STEP_SHARE * this.#stepOf.size) / ROUND_STEPS));
    const now = this.#at(this.#next);
    const due = [...now].slice(0, most);
    this.#next += 1;
    for (const item of [...now].slice(most)) this.#move(item, this.#next);
    return due;
  }

  #move(item: T, step: number): void {
    this.delete(item);
    this.#put(item, step);
  }

  #put(item: T, step: number): void {
    const set = this.#at(step);
    set.add(item);
    this.#stepOf.set(item, set);
  }

  #at(step: number): Set<T> {
    return this.#steps[step % ROUND_STEPS] as Set<T>;
  }
}
