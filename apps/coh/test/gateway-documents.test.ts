// The reference pages of the gateway are generated: `UPDATE_GOLDEN=1` (or `npm run docs`) writes them, otherwise they must be as the
// sources say.

import { readFileSync, writeFileSync } from 'node:fs';
import { metricsReference } from '@cohesix/gateway';
import { expect, test } from 'vitest';
import { openApiReference, schemasReference } from '../src/gateway/documents.ts';

test.each([
  ['metrics.md', metricsReference],
  ['schemas.json', schemasReference],
  ['openapi.json', openApiReference],
])('docs/reference/%s is current', async (page, generate) => {
  const file = new URL(`../../../docs/reference/${page}`, import.meta.url);
  const text = await generate();
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(text === readFileSync(file, 'utf8'), `${page} is out of date; npm run docs`).toBe(true);
});
