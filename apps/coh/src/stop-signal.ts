// Commands that serve until they are told to stop: `coh up`, `coh gateway`.

import { type Context, note } from './context.ts';

/** Exit status of a second signal: ended by SIGINT, as shells count it. */
const FORCED = 130;

/** Longest interval that a timer of Node takes. */
const LONG_MS = 2 ** 31 - 1;

/** A wait for the end. */
export interface Stopping {
  /** Settled by the first SIGINT or SIGTERM. */
  readonly asked: Promise<void>;
  /** Stops listening, and lets the process end. */
  readonly end: () => void;
}

/** The first SIGINT or SIGTERM settles `asked`; the second ends the process. The caller calls `end`. */
export function stopSignal(context: Context): Stopping {
  const { io } = context;
  let ask: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) return io.exit(FORCED);
    if (!context.json) note(context, 'stopping; press Ctrl-C again to end at once');
    ask();
  };
  const offs = [io.onSignal('SIGINT', onSignal), io.onSignal('SIGTERM', onSignal)];
  // A server without listeners has nothing else that keeps the process alive.
  const alive = setInterval(() => undefined, LONG_MS);
  return {
    asked,
    end: () => {
      clearInterval(alive);
      for (const off of offs) off();
    },
  };
}
