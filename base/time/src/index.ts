// Time as a dependency: whatever waits, repeats or measures goes through these, so that a test turns the clock by hand and a
// simulation runs a week in a second. Which real timers stand behind them is for the program that runs.

/** Cancels what it was returned for; idempotent. */
export type Cancel = () => void;

/** A monotonic clock and one-shot timers. */
export interface Timers {
  /** Runs `run` once after `ms` milliseconds unless cancelled. */
  after(ms: number, run: () => void): Cancel;
  /** Milliseconds from an arbitrary origin, never decreasing. */
  nowMs(): number;
}

/** Runs what it is given in a later turn of the event loop, in order, so that others have theirs before. */
export type NextTurn = (run: () => void) => void;

/** Runs `run` again and again, `ms` after it last returned, until cancelled. */
export function every(timers: Pick<Timers, 'after'>, ms: number, run: () => void): Cancel {
  let isCancelled = false;
  const again = (): Cancel =>
    timers.after(ms, () => {
      run();
      if (!isCancelled) cancel = again();
    });
  let cancel = again();
  return () => {
    isCancelled = true;
    cancel();
  };
}

/** Resolves after `ms`. */
export function sleep(timers: Pick<Timers, 'after'>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve);
  });
}
