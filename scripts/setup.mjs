// `node scripts/setup.mjs`: installs what package-lock.json says, if it is not installed yet. Nothing else.

import { ensureInstalled, orExplain } from './lib/install.mjs';
import { pinnedVersion } from './lib/paths.mjs';

await orExplain(() => {
  ensureInstalled();
  console.log(`Ready: packages installed, Node ${pinnedVersion()}.`);
});
