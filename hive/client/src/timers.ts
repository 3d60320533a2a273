// Time as a dependency: deadlines, heartbeats, WAIT statements and back-off go through this, so that tests turn the
// clock by hand.

/** Cancels what it was returned for; idempotent. */
export type Cancel = () => void;

/** A monotonic clock and one-shot timers. */
export interface Timers {
  /** Runs `run` once after `ms` milliseconds unless cancelled. */
  after(ms: number, run: () => void): Cancel;
  /** Milliseconds from an arbitrary origin, never decreasing. */
  nowMs(): number;
}

/** The platform's timers (Node and browsers have the same names). */
export const realTimers: Timers = {
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
  nowMs: () => performance.now(),
};

/** Resolves after `ms`. */
export function sleep(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve);
  });
}
