import { afterEach, expect, test, vi } from 'vitest';
import { Tally } from '../lib/steps.mjs';

afterEach(() => vi.restoreAllMocks());

test('the last line is the three numbers, after every failure and skip by name', async () => {
  /** @type {string[]} */
  const lines = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(...String(line).split('\n')));
  const tally = new Tally();
  await tally.step('good', process.execPath, ['-e', '']);
  await tally.step('bad', process.execPath, ['-e', 'process.exitCode = 3']);
  await tally.step('absent', 'no-such-program', []);
  await tally.check('checked', async () => undefined);
  tally.skipped.push({ name: 'a test', reason: 'diodcat is not installed' });
  tally.report();
  expect(lines.at(-1)).toBe('2 passed, 2 failed, 1 skipped');
  expect(lines).toContain('  bad: exit status 3');
  expect(lines).toContain('  a test: diodcat is not installed');
  expect(lines.some((line) => line.startsWith('  absent: ') && line.includes('ENOENT'))).toBe(true);
});
