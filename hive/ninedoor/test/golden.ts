// Golden files: compared as text, rewritten when UPDATE_GOLDEN=1 is in the environment.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Expects `text` to be the content of the file; `relative` is seen from this folder. */
export function expectGolden(relative: string, text: string): void {
  const file = new URL(relative, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(text, `${relative} is out of date; run with UPDATE_GOLDEN=1`).toBe(readFileSync(file, 'utf8'));
}
