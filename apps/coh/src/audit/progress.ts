// How far long work is, for a person at a terminal: one line on stderr that is written over and then taken away.

import type { OnProgress } from '@cohesix/journal';
import type { Context } from '../context.ts';

/** Tells, and takes back what it told. */
export interface Progress {
  readonly report: OnProgress;
  readonly end: () => void;
}

/** Progress of something; silent where stderr is no terminal. */
export function progressOf({ io }: Pick<Context, 'io'>, what: string): Progress {
  let shown = -1;
  const isShown = io.stderr.isTTY === true;
  return {
    report: (done, count) => {
      const percent = Math.floor((100 * done) / Math.max(1, count));
      if (!isShown || percent === shown) return;
      shown = percent;
      io.stderr.write(`\r${what} ${percent} %`);
    },
    end: () => {
      if (shown >= 0) io.stderr.write('\r\x1b[K');
    },
  };
}
