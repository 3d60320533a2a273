// Which random runs a test run plays, and what they must have seen. `COHESIX_MODEL_STEPS` says how many steps in all (a million; the soak
// has a hundred million), `COHESIX_MODEL_FIRST` from which seed on, `COHESIX_MODEL_SEEDS` how many seeds if not as many as the steps
// take. Two test files share them, so that two cores do.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstSteps, play, type Run } from './random.ts';
import { reportOf, shrink } from './shrink.ts';

/** Steps of one seed: long enough for tables to fill and windows to move. */
const STEPS_PER_SEED = 5000;
const STEPS = Number(process.env.COHESIX_MODEL_STEPS ?? 1_000_000);
const FIRST = Number(process.env.COHESIX_MODEL_FIRST ?? 1);
const SEEDS = Number(process.env.COHESIX_MODEL_SEEDS ?? Math.ceil(STEPS / STEPS_PER_SEED));
/** Seeds in one test, and in the soak between two lines that say how far it is. */
const BLOCK = 20;
const BLOCK_MS = 300_000;
/** Fewer seeds than this need not see everything. */
const ENOUGH = 40;

/** What must happen somewhere in many runs: accepted lines by file, refused ones by code. If not, they have lost sight of it. */
const MUST_HAPPEN = [
  '/queen/ctl',
  '/queen/lease/ctl',
  '/queen/schedule/ctl',
  '/queen/intents/ctl',
  '/queen/epoch/ctl',
  '/queen/export/ctl',
  '/queen/ticket/ctl',
  '/queen/manifest/ctl',
  '/queen/lifecycle/ctl',
  '/actions/queue',
  '/host/tickets/spec',
  '/host/tickets/status',
  '/host/tickets/deadletter',
  '/sys/boot',
  '/sys/clock',
  '/sys/workers/ctl',
  'approval-denied',
  'buffer-full',
  'busy',
  'denied',
  'exhausted',
  'exists',
  'expired',
  'invalid-transition',
  'lifecycle-denied',
  'limit',
  'needs-approval',
  'not-found',
  'revoked',
  'stale',
];

/** Half of the runs: those whose seed is even, or odd. */
export function testRuns(parity: 0 | 1): void {
  const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST + index).filter((seed) => seed % 2 === parity);
  const happened = new Map<string, number>();
  for (let at = 0; at < seeds.length; at += BLOCK) {
    const block = seeds.slice(at, at + BLOCK);
    test(`nothing breaks in the runs of seeds ${block[0]} to ${block.at(-1)}`, { timeout: BLOCK_MS }, () => {
      for (const seed of block) note(checked(seed), happened);
    });
  }
  if (seeds.length < ENOUGH) return;
  test('everything a run can know happened somewhere', () => {
    expect(MUST_HAPPEN.filter((what) => !happened.has(what))).toEqual([]);
  });
}

/** The runs that once showed a defect. */
export function testKeptRuns(): void {
  const text = readFileSync(new URL('./seeds.txt', import.meta.url), 'utf8');
  describe('runs that once broke', () => {
    for (const [, seed, what] of text.matchAll(/^(\d+) +(.+)$/gm))
      test(`${seed}: ${what}`, { timeout: BLOCK_MS }, () => void checked(Number(seed)));
  });
}

/** Plays a seed. @throws Error with the shortest run that breaks. */
function checked(seed: number): Run {
  const run = play(seed, firstSteps(STEPS_PER_SEED));
  if (run.broken.length > 0) throw new Error(reportOf(shrink(run)));
  return run;
}

function note({ counts }: Run, happened: Map<string, number>): void {
  for (const [what, count] of counts) happened.set(what, (happened.get(what) ?? 0) + count);
}
