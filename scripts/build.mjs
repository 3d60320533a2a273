// `npm run build`: bundles the command line into dist/ and builds the page (lib/bundle.mjs, lib/page.mjs), whether or not something
// changed.

import { build, bundleFile } from './lib/bundle.mjs';
import { ensureInstalled, orExplain, SetupError } from './lib/install.mjs';

await orExplain(async () => {
  ensureInstalled();
  try {
    await build();
  } catch (error) {
    throw new SetupError(`The build failed. ${error instanceof Error ? error.message : error}`);
  }
  console.log(`built ${bundleFile}`);
});
