// The hive dies under an open page and comes back on the same data and the same port: the page says so, goes on by itself where it was, and
// shows nothing twice.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { echo, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import { GONE, type Tab } from './tab.ts';

const ui = uiForEach();
let data = '';

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'cohesix-ui-'));
});

afterEach(() => rmSync(data, { recursive: true, force: true }));

async function spawnWith(hive: UiHive, ticks: number): Promise<void> {
  await echo(await hive.client(), '/queen/ctl', JSON.stringify({ spawn: 'heartbeat', ticks }));
}

/** How often each number of ticks stands in what the page shows of the journal. */
async function shown({ page }: Tab, ticks: readonly number[]): Promise<readonly number[]> {
  const text = (await page.locator('main').textContent()) ?? '';
  return ticks.map((number) => text.split(`ticks\\":${number}}`).length - 1);
}

describe.skipIf(uiMissing !== undefined)('a hive that restarts', () => {
  test('kill -9, start again: offline, live again, each line once', UI_TEST, async () => {
    const hive = await ui.hive({ data, manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    tab.expectFaults(GONE);
    await spawnWith(hive, 7001);
    await tab.goTo('files', 'audit', 'journal');
    await expect.poll(() => shown(tab, [7001]), { timeout: 20_000 }).toEqual([1]);

    process.kill(hive.pid, 'SIGKILL');
    await hive.ended;
    await tab.page
      .getByText(/^OFFLINE/)
      .first()
      .waitFor();
    // What was seen is still there to read.
    expect(await shown(tab, [7001])).toEqual([1]);

    const again = await ui.hive({ data, args: ['--listen-http', new URL(hive.url).host] });
    await tab.live();
    await spawnWith(again, 7002);
    await expect.poll(() => shown(tab, [7001, 7002]), { timeout: 20_000 }).toEqual([1, 1]);
    expect(new URL(tab.page.url()).hash).toBe('#/files/audit/journal');
  });
});
