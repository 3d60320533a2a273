// A page that is open for long does not grow: a hive at work, somebody who goes round all places and uses them, and after each round a
// look at what the tab still holds. A few rounds in `npm test`; an hour of it alone, with a line a minute and a table at the end:
//
//   npm run soak -- tests/ui/soak            (COHESIX_UI_SECONDS: another time than 3600)

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { echo, uiForEach, uiMissing } from './kit.ts';
import { type Bar, growthOf, HEAD, type Measure, rowOf, type Sample, sampleOf } from './memory.ts';
import { VISITS } from './visits.ts';

const ui = uiForEach();
const SECONDS = Number(process.env.COHESIX_UI_SECONDS ?? '0');
const ROUNDS_MIN = 8;
/** Lines of telemetry a place: many times what one keeps. */
const LINES = 600;
const MINUTE_S = 60;
const MIB = 2 ** 20;

/** In few rounds modules are still loaded and lists still fill: then only what grows fast is found. */
const SHORT: Readonly<Partial<Record<Measure, Bar>>> = {
  heap: { share: 0.25, least: 2 * MIB },
  nodes: { share: 0.25, least: 400 },
  listeners: { share: 0.25, least: 60 },
};
/**
 * Over ten minutes and more. Looked at by heap snapshots: of some 40 KiB a round most is machine code, which V8 makes while functions become
 * hot; the harness keeps a record of each request, and Pixi the text of a shader for each visit to Live Hive. `resident` moves with what the
 * browser gives back to the system.
 */
const LONG: Readonly<Partial<Record<Measure, Bar>>> = {
  heap: { share: 0.1, least: 2 * MIB },
  nodes: { share: 0.05, least: 100 },
  listeners: { share: 0.05, least: 20 },
  resident: { share: 0.15, least: 32 * MIB },
};
const LONG_S = 600;

/** Leaks what pages leak: objects, nodes that are taken out and kept, listeners that are not taken off. */
const LEAK = `(globalThis.kept ??= []).push(
  Array.from({ length: 100_000 }, (_, index) => ({ index })),
  Array.from({ length: 300 }, () => document.createElement('p')),
);
for (let count = 0; count < 50; count += 1) addEventListener('resize', () => kept.length);`;

describe.skipIf(uiMissing !== undefined)('a page that stays open', () => {
  test('does not grow', { timeout: 300_000 + SECONDS * 1500 }, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const tab = await ui.tab(hive);
    const lines = Array.from({ length: LINES }, (_, index) => `{"temp":${index}}`).join('\n');
    const samples: Sample[] = [];
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1000;
    for (let rounds = 1; rounds <= ROUNDS_MIN || seconds() < SECONDS; rounds += 1) {
      for (const visit of VISITS) {
        await echo(client, '/worker/worker-1/telemetry', lines);
        await echo(client, '/queen/ctl', '{"spawn":"heartbeat","ticks":1}');
        await visit(tab);
      }
      samples.push(await sampleOf(tab, seconds(), rounds));
      tellMinute(samples);
    }
    if (SECONDS > 0) console.log(tableOf(samples));
    expect(growthOf(samples, SECONDS < LONG_S ? SHORT : LONG), tableOf(samples)).toEqual([]);
  });

  test('is found out when it leaks: objects, nodes and listeners', { timeout: 60_000 }, async () => {
    const tab = await ui.blank();
    const samples: Sample[] = [];
    for (let rounds = 1; rounds <= ROUNDS_MIN; rounds += 1) {
      await tab.page.evaluate(LEAK);
      samples.push(await sampleOf(tab, rounds, rounds));
    }
    expect(growthOf(samples, SHORT).map((text) => text.replace(/:.*/, ''))).toEqual(['heap', 'nodes', 'listeners']);
  });
});

/** A line for the first sample of each minute. */
function tellMinute(samples: readonly Sample[]): void {
  const [last, now] = samples.slice(-2);
  if (SECONDS === 0 || last === undefined) return;
  if (now === undefined) console.log(`${HEAD}\n${rowOf(last)}`);
  else if (minuteOf(now) > minuteOf(last)) console.log(rowOf(now));
}

/** Twenty rows, evenly chosen, the first and the last among them. */
function tableOf(samples: readonly Sample[]): string {
  const rows = 20;
  const step = Math.max(1, (samples.length - 1) / (rows - 1));
  const chosen = Array.from(
    { length: Math.min(rows, samples.length) },
    (_, index) => samples[Math.round(index * step)],
  );
  return [HEAD, ...chosen.flatMap((sample) => (sample === undefined ? [] : rowOf(sample)))].join('\n');
}

function minuteOf({ atS }: Sample): number {
  return Math.floor(atS / MINUTE_S);
}
