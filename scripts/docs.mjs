// `npm run docs`: writes the reference pages that are generated from the code that defines what they describe.
// `npm run docs -- --check` only tells which page is not what the code says (status 1).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, orExplain, SetupError } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { underPinnedNode } from './lib/run.mjs';

/** A page and the function, without arguments, that gives its text. */
const PAGES = [
  { page: 'docs/reference/manifest.md', module: 'hive/manifest/src/index.ts', generator: 'manifestReference' },
  { page: 'docs/reference/control-files.md', module: 'hive/authority/src/index.ts', generator: 'reference' },
  { page: 'docs/reference/metrics.md', module: 'hive/gateway/src/index.ts', generator: 'metricsReference' },
  { page: 'docs/reference/schemas.json', module: 'apps/coh/src/gateway/documents.ts', generator: 'schemasReference' },
  { page: 'docs/reference/openapi.json', module: 'apps/coh/src/gateway/documents.ts', generator: 'openApiReference' },
  { page: 'sdk/python/cohesix/models.py', module: 'scripts/lib/python-models.mjs', generator: 'pythonModels' },
  { page: 'sdk/python/cohesix/refusals.py', module: 'scripts/lib/python-models.mjs', generator: 'pythonRefusals' },
];

await orExplain(async () => {
  ensureInstalled();
  if (!(await underPinnedNode())) return;
  const check = process.argv.includes('--check');
  for (const each of PAGES) {
    const isSame = await refresh(each, check);
    if (check && !isSame) process.exitCode = 1;
  }
});

/** Renders a page; writes it unless `check`. Whether it was what the code says already. */
async function refresh({ page, module, generator }, check) {
  const exported = await import(pathToFileURL(join(root, module)).href);
  if (typeof exported[generator] !== 'function') throw new SetupError(`${module} does not export ${generator}()`);
  const text = await exported[generator]();
  const file = join(root, page);
  const isSame = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!isSame && !check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  console.log(`${isSame ? 'current' : check ? 'STALE' : 'written'}: ${page}`);
  return isSame;
}
