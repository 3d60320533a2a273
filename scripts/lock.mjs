// `node scripts/lock.mjs`: run it after every `npm install` that changed package-lock.json. Adds the entries of
// optional platform packages that the registry at hand did not have (see lib/lock.mjs). `--check` only tells.

import { readFileSync, writeFileSync } from 'node:fs';
import { completeLock, missingOptional } from './lib/lock.mjs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = Object.keys(missingOptional(lock));
if (missing.length === 0) {
  console.log('package-lock.json is whole');
} else if (process.argv.includes('--check')) {
  console.error(`package-lock.json lacks ${missing.length} entries; run: node scripts/lock.mjs`);
  for (const name of missing) console.error(`  ${name}`);
  process.exitCode = 1;
} else {
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.length} entries of optional platform packages`);
}
