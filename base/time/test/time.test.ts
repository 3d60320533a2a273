import { expect, test } from 'vitest';
import { type Cancel, every, sleep, type Timers } from '../src/index.ts';

/** Timers turned by hand. */
class HandTimers implements Timers {
  #now = 0;
  #waiting: { readonly at: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const entry = { at: this.#now + ms, run };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}

test('every runs at each interval until it is cancelled', () => {
  const timers = new HandTimers();
  const times: number[] = [];
  const cancel = every(timers, 10, () => times.push(timers.nowMs()));
  timers.pass(35);
  cancel();
  timers.pass(100);
  expect(times).toEqual([10, 20, 30]);
});

test('every can be cancelled from within', () => {
  const timers = new HandTimers();
  let count = 0;
  const cancel = every(timers, 10, () => {
    count += 1;
    if (count === 2) cancel();
  });
  timers.pass(100);
  expect(count).toBe(2);
});

test('sleep resolves when its time has passed', async () => {
  const timers = new HandTimers();
  let isAwake = false;
  const slept = sleep(timers, 10).then(() => {
    isAwake = true;
  });
  timers.pass(9);
  await Promise.resolve();
  expect(isAwake).toBe(false);
  timers.pass(1);
  await slept;
  expect(isAwake).toBe(true);
});
