// A page that is open for long does not grow: a hive at work, the page going round all places, the heap looked at after each round with its
// garbage gone. A few rounds in `npm test`; `npm run soak` goes on for an hour (COHESIX_UI_SECONDS).

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { echo, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
const SECONDS = Number(process.env.COHESIX_UI_SECONDS ?? '0');
/** Rounds until everything was loaded and every bounded list is warm. */
const WARM_ROUNDS = 3;
const ROUNDS_MIN = 4;
/** Lines of telemetry a round: many times what a place keeps. */
const LINES = 600;
const PLACES = ['hive', 'files', 'approvals', 'audit', 'fleet', 'console'] as const;
const MIB = 2 ** 20;

/** Bytes of the heap of the page, garbage collected first. */
async function heapOf({ context, page }: Tab): Promise<number> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  await devtools.detach();
  return usedSize;
}

describe.skipIf(uiMissing !== undefined)('a page that stays open', () => {
  test('its heap does not grow', { timeout: 300_000 + SECONDS * 1500 }, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const tab = await ui.tab(hive);
    const lines = Array.from({ length: LINES }, (_, index) => `{"temp":${index}}`).join('\n');
    const heaps: number[] = [];
    const until = performance.now() + SECONDS * 1000;
    for (let round = 0; round < WARM_ROUNDS + ROUNDS_MIN || performance.now() < until; round += 1) {
      for (const place of PLACES) {
        await echo(client, '/worker/worker-1/telemetry', lines);
        await tab.goTo(place, ...(place === 'hive' ? ['worker-1'] : []));
      }
      heaps.push(await heapOf(tab));
    }
    const [before = 0, after = 0] = [heaps[WARM_ROUNDS - 1], heaps.at(-1)];
    expect(after, `MiB after each round: ${heaps.map((heap) => (heap / MIB).toFixed(1)).join(' ')}`).toBeLessThan(
      before * 1.25 + 2 * MIB,
    );
  });
});
