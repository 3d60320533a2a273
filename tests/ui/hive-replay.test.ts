// Live Hive from a recording: the same moment of the same trace is the same picture, pixel by pixel, in any tab, whether one came there by
// stepping forward, by jumping, or back from the end.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
const WAIT = { timeout: 20_000 };
const WORKERS = 5;

const quiet = `${NO_APPROVALS}
[workers]
heartbeat_interval_ms = 3600000
start = []
`;

/** Records a visit to Live Hive while a worker writes; the trace. */
async function record(tab: Tab, write: (number: number) => Promise<void>): Promise<Buffer> {
  const { page } = tab;
  const connected = page.getByTestId('console-log').getByText('Connected over 9p as queen');
  await tab.goTo('console');
  await connected.first().waitFor();
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await expect.poll(() => connected.count()).toBe(2);
  await tab.goTo('hive');
  let written = 0;
  const seen = async (): Promise<number> => {
    written += 1;
    await write(written);
    const text = (await page.locator('.hive-legend').textContent()) ?? '';
    return Number(/telemetry seen\s+(\d+)/.exec(text)?.[1] ?? 0);
  };
  // Enough that the last tenth of the recording tells of some of it, however slow the visit was.
  await expect.poll(seen, WAIT).toBeGreaterThan(12);
  await tab.goTo('console');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Stop recording and save' }).click();
  return readFileSync((await (await download).path()) ?? '');
}

/** Opens a trace in a tab of its own, held, on Live Hive; its length. */
async function open(tab: Tab, url: string, file: string): Promise<number> {
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel('A recording').setInputFiles(file);
  await page.getByRole('button', { name: 'Hold' }).click();
  await tab.goTo('hive');
  const text = (await page.getByTestId('replay-where').textContent()) ?? '';
  return Number(/of (\d+)/.exec(text)?.[1]);
}

async function moveTo({ page }: Tab, at: number): Promise<void> {
  await page.getByLabel('Moment of the recording').fill(String(at));
}

const shot = ({ page }: Tab): Promise<Buffer> => page.locator('.hive-stage').screenshot();

/** The picture once it stands: everybody is there, and it does not change any more. */
async function settled(tab: Tab, bees: number): Promise<Buffer> {
  const told = (name: string): Promise<string | undefined> =>
    tab.page.evaluate(`document.querySelector('.hive-canvas').dataset.${name}`);
  await expect.poll(() => told('bees'), WAIT).toBe(String(bees));
  expect(await told('moving')).toBe('false');
  let before = await shot(tab);
  const stands = async (): Promise<boolean> => {
    const now = await shot(tab);
    const isSame = now.equals(before);
    before = now;
    return isSame;
  };
  await expect.poll(stands, { ...WAIT, interval: 500 }).toBe(true);
  return before;
}

describe.skipIf(uiMissing !== undefined)('live hive from a recording', () => {
  test('the same moment is the same picture, however one came there', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    for (let count = 0; count < WORKERS; count += 1)
      await echo(client, '/queen/ctl', '{"spawn":"heartbeat","ticks":1000000}');
    const live = await ui.tab(hive);
    const trace = await record(live, (number) =>
      echo(client, `/worker/worker-${(number % WORKERS) + 1}/telemetry`, `a grain ${number}`),
    );
    await live.close();
    const folder = mkdtempSync(join(tmpdir(), 'cohesix-hive-replay-'));
    const file = join(folder, 'visit.trace');
    writeFileSync(file, trace);
    const one = await ui.blank();
    const length = await open(one, hive.url, file);
    await moveTo(one, length);
    const end = await settled(one, WORKERS);
    const flown = await one.page.evaluate('Number(document.querySelector(".hive-canvas").dataset.pollen)');
    expect(flown).toBeGreaterThan(0);
    // Back from the end, to where some of it had been told.
    const middle = Math.floor(length * 0.9);
    await moveTo(one, middle);
    const before = await settled(one, WORKERS);
    expect(before.equals(end)).toBe(false);
    // Another tab: forward, a step at a time around the middle, then to the end.
    const other = await ui.blank();
    expect(await open(other, hive.url, file)).toBe(length);
    for (const at of [middle - 3, middle - 2, middle - 1, middle]) await moveTo(other, at);
    expect((await settled(other, WORKERS)).equals(before)).toBe(true);
    await moveTo(other, length);
    expect((await settled(other, WORKERS)).equals(end)).toBe(true);
    rmSync(folder, { recursive: true, force: true });
  });
});
