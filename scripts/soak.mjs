// `npm run soak`: the fuzz suites for as long as it takes: a hundred million frames instead of the few thousand of
// `npm test`. Arguments go to vitest.

import { ensureInstalled, orExplain } from './lib/install.mjs';
import { become, childEnv } from './lib/run.mjs';

const FRAMES = process.env.COHESIX_FUZZ_FRAMES ?? '100000000';

await orExplain(async () => {
  ensureInstalled();
  const args = ['run', '--test-timeout=0', '--reporter=verbose', 'fuzz', ...process.argv.slice(2)];
  await become('vitest', args, { env: childEnv({ COHESIX_FUZZ_FRAMES: FRAMES }) });
});
