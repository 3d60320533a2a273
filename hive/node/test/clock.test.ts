// The hive's clock, with time under the test's control: deadlines, expired sessions, a busy hive, a sealed one.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HiveClock } from '../src/clock.ts';
import { nodeTimers } from '../src/host.ts';

interface Rig {
  readonly clock: HiveClock;
  deadline: number | undefined;
  readonly ticks: number[];
  readonly looks: number[];
}

/** A clock whose tick moves the deadline away, unless `isSealed`. */
function makeRig(isSealed = false): Rig {
  const rig: Omit<Rig, 'clock'> = { deadline: undefined, ticks: [], looks: [] };
  const clock = new HiveClock({
    now: () => Date.now(),
    timers: nodeTimers,
    deadline: () => rig.deadline,
    tick: () => {
      rig.ticks.push(Date.now());
      if (!isSealed) rig.deadline = undefined;
    },
    endExpired: (now) => rig.looks.push(now),
  });
  return Object.assign(rig, { clock });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock', () => {
  it('ticks when a deadline has come, not before and not without one', async () => {
    const rig = makeRig();
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(5000);
    expect(rig.ticks).toEqual([]);
    rig.deadline = 7000;
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(1999);
    expect(rig.ticks).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(rig.ticks).toEqual([7000]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(rig.ticks.length).toBe(1);
  });

  it('looks for expired sessions every second, on an idle hive', async () => {
    const rig = makeRig();
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rig.looks.length).toBeGreaterThanOrEqual(9);
  });

  it('looks for them as often on a hive that never rests', async () => {
    const rig = makeRig();
    for (let change = 0; change < 1000; change++) {
      rig.clock.stateChanged();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(rig.looks.length).toBeGreaterThanOrEqual(9);
  });

  it('meets a deadline on a hive that never rests', async () => {
    const rig = makeRig();
    rig.deadline = 3000;
    for (let change = 0; change < 400; change++) {
      rig.clock.stateChanged();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(rig.ticks.length).toBe(1);
    expect(rig.ticks[0]).toBeLessThanOrEqual(3020);
  });

  it('tries a refused tick again every second, and goes on looking for expired sessions', async () => {
    const rig = makeRig(true);
    rig.deadline = 100;
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(4500);
    // A timer of no time takes 1 ms.
    expect(rig.ticks).toEqual([100, 1101, 2102, 3103, 4104]);
    expect(rig.looks.length).toBe(4);
  });

  it('notices within a second that the wall clock was set forward', async () => {
    const rig = makeRig();
    rig.deadline = 3_600_000;
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(500);
    vi.setSystemTime(3_600_000);
    await vi.advanceTimersByTimeAsync(1010);
    expect(rig.ticks.length).toBe(1);
  });

  it('leaves no timer behind', async () => {
    const rig = makeRig();
    rig.clock.stateChanged();
    await vi.advanceTimersByTimeAsync(50);
    rig.clock.stop();
    rig.clock.stateChanged();
    expect(vi.getTimerCount()).toBe(0);
  });
});
