// `npm run model`: says how many states the model checker looks at, and how many lines the random runs play. Status 1 when something
// does not hold. `COHESIX_MODEL_STEPS` is the number of random steps.

import { join } from 'node:path';
import { ensureInstalled, orExplain } from './lib/install.mjs';
import { pinnedNode, root } from './lib/paths.mjs';
import { become } from './lib/run.mjs';

await orExplain(async () => {
  ensureInstalled();
  await become(pinnedNode, [join(root, 'tests', 'model', 'count.ts'), ...process.argv.slice(2)]);
});
