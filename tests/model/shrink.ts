// Makes a run that broke short: leaves out blocks of its steps, halves first and single ones last, as long as it still breaks
// (ddmin: A. Zeller, R. Hildebrandt, IEEE TSE 28, 2002). Steps have random numbers of their own, so those that stay do not change.

import { play, type Run } from './random.ts';

/** Runs that are tried at most. */
const TRIES_MAX = 2000;

/** A run that breaks, and the steps it takes. */
export interface Short {
  readonly steps: readonly number[];
  readonly run: Run;
}

/** The shortest run it finds that breaks like the one of all steps up to `brokenAt`. */
export function shrink(found: Run, make?: Parameters<typeof play>[2]): Short {
  let best: Short = { steps: upTo(found.brokenAt ?? 0), run: found };
  let tries = 0;
  for (let block = Math.ceil(best.steps.length / 2); block >= 1; block = block === 1 ? 0 : Math.ceil(block / 2)) {
    for (let from = 0; from < best.steps.length && tries < TRIES_MAX; ) {
      const steps = best.steps.toSpliced(from, block);
      const run = play(found.seed, steps, make);
      tries += 1;
      if (run.broken.length === 0) from += block;
      else best = { steps: steps.filter((step) => step <= (run.brokenAt ?? step)), run };
    }
  }
  return best;
}

function upTo(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, step) => step);
}

/** A run as a report: what broke, how to run it again, and its lines. */
export function reportOf({ steps, run }: Short): string {
  return [
    `seed ${run.seed}: ${run.broken.join('; ')}`,
    `again: COHESIX_MODEL_FIRST=${run.seed} COHESIX_MODEL_SEEDS=1 npm test -- tests/model/random`,
    `for ever: a line "${run.seed} what it showed" in tests/model/seeds.txt`,
    `it takes the steps ${steps.join(',')}, in which these lines are accepted:`,
    ...run.trace,
  ].join('\n');
}
