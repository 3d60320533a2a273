// Time in a simulation: a queue of events in the order of their time, and of their making when that is equal. Nothing
// happens but by an event; a `Scope` is what one process may ask of time, and ends with it. Times are whole microseconds
// inside, so that no sum of fractions can differ between machines.

import type { Cancel, Timers } from '@cohesix/time';

interface Event {
  readonly atUs: number;
  readonly order: number;
  readonly scope: Scope;
  /** Undefined once it was cancelled. */
  run: (() => void) | undefined;
}

/** All that is to happen. */
export class SimTime {
  #nowUs = 0;
  #order = 0;
  /** A binary heap; the next event first. */
  readonly #heap: Event[] = [];

  /** Microseconds since the world began. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Makes the next event happen; false when there is none. */
  step(): boolean {
    for (;;) {
      const event = this.#take();
      if (event === undefined) return false;
      const { run } = event;
      if (run === undefined) continue;
      this.#nowUs = event.atUs;
      event.run = undefined;
      event.scope.pending -= 1;
      run();
      return true;
    }
  }

  add(delayUs: number, scope: Scope, run: () => void): Cancel {
    const atUs = this.#nowUs + Math.max(0, Math.round(delayUs));
    const event: Event = { atUs, order: this.#order++, scope, run };
    scope.pending += 1;
    this.#put(event);
    return () => {
      if (event.run === undefined) return;
      event.run = undefined;
      scope.pending -= 1;
    };
  }

  #put(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      const least = right !== undefined && isBefore(right, left) ? right : left;
      if (least === right) child += 1;
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atUs === right.atUs ? left.order < right.order : left.atUs < right.atUs;
}

/** The time of one process: its timers and turns end with it. */
export class Scope implements Timers {
  /** Events that are still to come. */
  pending = 0;
  readonly #time: SimTime;
  #isOver = false;

  constructor(time: SimTime) {
    this.#time = time;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  nowMs(): number {
    return this.#time.nowUs / 1000;
  }

  after(ms: number, run: () => void): Cancel {
    return this.afterUs(ms * 1000, run);
  }

  /** As `after`, in microseconds. */
  afterUs(us: number, run: () => void): Cancel {
    if (this.#isOver) return () => undefined;
    return this.#time.add(us, this, () => {
      if (!this.#isOver) run();
    });
  }

  /** A later turn of the event loop: at the same time, after what is to happen then. */
  readonly nextTurn = (run: () => void): void => {
    this.afterUs(0, run);
  };

  /** Nothing of this process happens any more. */
  end(): void {
    this.#isOver = true;
  }
}

/**
 * Resolves when all promises that can go on have done so. All of a simulated world waits for events and microtasks only,
 * and Node empties the queue of microtasks before it takes the next macrotask: this one. It decides about nothing.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The clock on the wall, which faults move. */
export class WallClock {
  readonly #time: SimTime;
  #offsetMs: number;
  #frozenAt: number | undefined;

  /** `startMs`: since the epoch. */
  constructor(time: SimTime, startMs: number) {
    this.#time = time;
    this.#offsetMs = startMs;
  }

  /** Whole milliseconds since the epoch. */
  readonly now = (): number => this.#frozenAt ?? Math.floor(this.#time.nowUs / 1000) + this.#offsetMs;

  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  freeze(): void {
    this.#frozenAt ??= this.now();
  }

  /** Goes on as if it had never stood still. */
  thaw(): void {
    this.#frozenAt = undefined;
  }
}
