// `npm start`: the first command on a fresh clone. Installs and builds what is missing (the page, too), then runs `coh up` under the
// pinned Node in our place. Arguments go to it: `npm start -- --data DIR`.

import { bundleFile, ensureBuilt } from './lib/bundle.mjs';
import { ensureInstalled, orExplain } from './lib/install.mjs';
import { pinnedNode } from './lib/paths.mjs';
import { become } from './lib/run.mjs';

await orExplain(async () => {
  ensureInstalled();
  await ensureBuilt();
  await become(pinnedNode, ['--enable-source-maps', bundleFile, 'up', ...process.argv.slice(2)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
  });
});
