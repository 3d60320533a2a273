// The bars of `ui` (the issue's). Printed, never asserted.

import type { Verdict } from '../bars.ts';
import type { UiReport } from './ui.ts';

/** Scene → most script time of a picture, ms. */
const SCRIPT_MS: Readonly<Record<string, number>> = {
  '1,000 workers with labels': 16,
  '10,000 particles': 4,
  '100,000 particles': 35,
};
const PART_OF_BARE = 0.6;
const TASK_MS = 50;
const INPUT_P95_MS = 100;
const USABLE_MS = 2000;

/** Holds a report against every bar; `unknown` for what was not measured. */
export function judgeUi(found: Omit<UiReport, 'verdicts'>): readonly Verdict[] {
  const { script, frames, events, usableMs } = found;
  const judge = (bar: string, value: number | undefined, isMet: (value: number) => boolean, unit: string): Verdict =>
    value === undefined
      ? { bar, verdict: 'unknown', figure: 'not measured' }
      : { bar, verdict: isMet(value) ? 'PASS' : 'FAIL', figure: `${value.toFixed(2)}${unit}` };
  const atMost = (bound: number) => (value: number) => value <= bound;
  const rows = Object.entries(SCRIPT_MS).map(([scene, bound]) => {
    const time = script.find((row) => row.scene === scene)?.medianMs;
    return judge(`script <= ${bound} ms: ${scene}`, time, atMost(bound), ' ms');
  });
  const part = frames === undefined ? undefined : frames.ours / frames.bare;
  return [
    ...rows,
    judge(`frames/s >= ${PART_OF_BARE} of bare Pixi`, part, (value) => value >= PART_OF_BARE, ' x'),
    judge(`no task over ${TASK_MS} ms at 10,000 events/s`, events?.longestTaskMs, atMost(TASK_MS), ' ms'),
    judge(`input p95 <= ${INPUT_P95_MS} ms`, events?.inputP95Ms, atMost(INPUT_P95_MS), ' ms'),
    judge(`usable <= ${USABLE_MS / 1000} s`, usableMs, atMost(USABLE_MS), ' ms'),
  ];
}
