// `bench ui`: bars are judged by their figures, and what was not measured is said to be unknown.

import { expect, test } from 'vitest';
import { judgeUi } from '../src/ui/bars.ts';
import { uiText } from '../src/ui/ui-text.ts';

const drawn = { bees: 1000, labels: 1000, pollen: 240 };
const found = {
  benchmark: 'ui' as const,
  machine: { at: '', node: '', cpu: '', cores: 2, memoryGiB: 1, linux: '' },
  browser: '156',
  script: [{ scene: '10,000 particles', medianMs: 4.01, p95Ms: 9, drawn }],
  frames: { sprites: 2240, ours: 12, bare: 20 },
  events: { perSecond: 10_000, longestTaskMs: 0, inputP95Ms: 101 },
};

test('a bar is met or missed by its figure, and unknown without one', () => {
  const verdicts = Object.fromEntries(judgeUi(found).map(({ bar, verdict }) => [bar, verdict]));
  expect(verdicts).toEqual({
    'script <= 16 ms: 1,000 workers with labels': 'unknown',
    'script <= 4 ms: 10,000 particles': 'FAIL',
    'script <= 35 ms: 100,000 particles': 'unknown',
    'frames/s >= 0.6 of bare Pixi': 'PASS',
    'no task over 50 ms at 10,000 events/s': 'PASS',
    'input p95 <= 100 ms': 'FAIL',
    'usable <= 2 s': 'unknown',
  });
});

test('the text says how much was drawn', () => {
  const text = uiText({ ...found, verdicts: judgeUi(found) });
  expect(text).toMatch(/10,000 particles\s+4\.01\s+9\.00\s+1000\s+1000\s+240/);
  expect(text).toContain('2240 sprites: 12.0 frames/s, bare Pixi 20.0 frames/s.');
});
