// docs/reference/control-files.md is generated: `UPDATE_GOLDEN=1` writes it, otherwise it must be as the sources say.

import { readFileSync, writeFileSync } from 'node:fs';
import { defaultManifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { createAuthority, reference } from '../src/index.ts';
import { readLine } from '../src/kernel/read-line.ts';

const PAGE = new URL('../../../docs/reference/control-files.md', import.meta.url);

test('the reference is current', () => {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(PAGE, reference());
  expect(readFileSync(PAGE, 'utf8')).toBe(reference());
});

test('every example is a line its file takes', () => {
  for (const control of createAuthority(defaultManifest()).controls) {
    for (const line of control.control.examples)
      expect([line, readLine(control, line)]).toMatchObject([line, { ok: true }]);
  }
});
