// The platform's timers, for deadlines, heartbeats, WAIT statements and back-off; tests turn their own by hand.

import type { Timers } from '@cohesix/time';

export { type Cancel, sleep, type Timers } from '@cohesix/time';

/** Timers of Node and of browsers, which have the same names. */
export const realTimers: Timers = {
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
  nowMs: () => performance.now(),
};
