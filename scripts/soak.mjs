// `npm run soak`: the fuzz suites, the simulation and the random runs of the model for as long as it takes: a hundred million frames,
// a million edits of stored logs, twenty thousand simulated worlds, ten thousand points of the crash sweep and a hundred million
// steps of the model instead of the few of `npm test`, and a page that is open for an hour (`COHESIX_UI_SECONDS`). Arguments go to vitest;
// paths of suites (`npm run soak -- tests/ui/soak`) are run instead of all. What was done can be left out next time:
// `COHESIX_MODEL_FIRST` is the seed with which the random runs begin, `COHESIX_SIM_FIRST` that of the worlds.

import { ensureInstalled, orExplain } from './lib/install.mjs';
import { become, childEnv } from './lib/run.mjs';

const FRAMES = process.env.COHESIX_FUZZ_FRAMES ?? '100000000';
const EDITS = process.env.COHESIX_LOG_EDITS ?? '1000000';
const WORLDS = process.env.COHESIX_SIM_SEEDS ?? '20000';
const POINTS = process.env.COHESIX_CRASH_POINTS ?? '10000';
const UI_SECONDS = process.env.COHESIX_UI_SECONDS ?? '3600';
const STEPS = process.env.COHESIX_MODEL_STEPS ?? '100000000';
const SUITES = [
  'fuzz',
  'tests/sim',
  'tests/model/random',
  'crash/sweep',
  'crash/spool',
  'crash/settings',
  'crash/stores',
  'crash/cas',
  'crash/models',
  'tests/ui/soak',
];

await orExplain(async () => {
  ensureInstalled();
  const asked = process.argv.slice(2);
  const suites = asked.some((one) => one.includes('/')) ? [] : SUITES;
  const args = ['run', '--test-timeout=0', '--reporter=verbose', ...suites, ...asked];
  await become('vitest', args, {
    env: childEnv({
      COHESIX_FUZZ_FRAMES: FRAMES,
      COHESIX_LOG_EDITS: EDITS,
      COHESIX_SIM_SEEDS: WORLDS,
      COHESIX_CRASH_POINTS: POINTS,
      COHESIX_MODEL_STEPS: STEPS,
      COHESIX_UI_SECONDS: UI_SECONDS,
    }),
  });
});
