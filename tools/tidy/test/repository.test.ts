import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { textFiles } from '../src/files.ts';
import { FLOOR } from '../src/floor.ts';
import { textOf, tidy } from '../src/tidy.ts';

test('this repository keeps the house rules', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const errors = tidy(textFiles(root), FLOOR).findings.filter(({ warning }) => warning !== true);
  expect(errors.map(textOf)).toEqual([]);
});
