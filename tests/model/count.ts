// `npm run model`: explores every model to its end and plays random runs, and says how many states and lines that were. The exit status
// is 1 when something did not hold. `COHESIX_MODEL_STEPS` says how many random steps.

import { APPROVAL_MODELS } from './approvals-model.ts';
import { EPOCH_MODELS } from './epochs-model.ts';
import { exploredText } from './explore.ts';
import { HOST_TICKET_MODELS } from './host-tickets-model.ts';
import { LEASE_MODELS } from './leases-model.ts';
import { firstSteps, play } from './random.ts';
import { reportOf, shrink } from './shrink.ts';

const MODELS = [...LEASE_MODELS, ...APPROVAL_MODELS, ...EPOCH_MODELS, ...HOST_TICKET_MODELS];
const STEPS = Number(process.env.COHESIX_MODEL_STEPS ?? 100_000);
const STEPS_PER_SEED = 5000;

function exploreAll(): void {
  let total = 0;
  for (const model of MODELS) {
    const found = model.explore();
    total += found.states;
    console.log(exploredText(model, found));
    fail(found.broken);
  }
  console.log(`every interleaving: ${MODELS.length} models, ${total} states, 0 of them wrong`);
}

function playAll(): void {
  const sum = { seeds: 0, accepted: 0, refused: 0 };
  for (let seed = 1; seed <= Math.ceil(STEPS / STEPS_PER_SEED); seed++) {
    const run = play(seed, firstSteps(STEPS_PER_SEED));
    if (run.broken.length > 0) fail([reportOf(shrink(run))]);
    sum.seeds += 1;
    sum.accepted += run.accepted;
    sum.refused += run.refused;
  }
  const { seeds, accepted, refused } = sum;
  console.log(`random runs: ${seeds} seeds, ${accepted} lines accepted, ${refused} refused, 0 of them wrongly`);
}

function fail(broken: readonly string[]): void {
  if (broken.length === 0) return;
  console.log(broken.join('\n'));
  process.exit(1);
}

exploreAll();
playAll();
