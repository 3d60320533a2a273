// The files of sdk/python that are generated are what the schemas and the table of refusals say. `npm run docs` writes them, and so
// does UPDATE_GOLDEN=1.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../lib/paths.mjs';
import { pythonModels, pythonRefusals } from '../lib/python-models.mjs';

test.each([
  ['models.py', pythonModels],
  ['refusals.py', pythonRefusals],
])('%s is what the code says; npm run docs writes it', (name, generate) => {
  const file = join(root, 'sdk', 'python', 'cohesix', name);
  const text = generate();
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});
