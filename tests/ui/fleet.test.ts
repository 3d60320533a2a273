// Fleet: what the tables show is what the files say, sorted and filtered, with acts that are the lines of the commands.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';

const ui = uiForEach();

const MANIFEST = `${NO_APPROVALS}
[[leases.resources]]
id = "gpu:GPU-0"
mem_mb = 24576
streams = 4
`;

const spawns = (count: number): string =>
  Array.from({ length: count }, () => '{"spawn":"heartbeat","ticks":1000000}').join('\n');

describe.skipIf(uiMissing !== undefined)('fleet', () => {
  test('the table has a row for each worker, sorted by its headers and filtered by a word', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: MANIFEST });
    const client = await hive.client();
    await echo(client, '/queen/ctl', `${spawns(11)}\n{"spawn":"host"}`);
    const ids = [...(await cat(client, '/proc/fleet')).matchAll(/^id=(\S+)/gm)].map(([, id]) => id);
    const tab = await ui.tab(hive);
    await tab.goTo('fleet');
    const table = tab.page.getByRole('table', { name: 'Workers' });
    const shown = async (): Promise<readonly string[]> => table.locator('tbody a').allInnerTexts();
    await expect.poll(shown).toEqual(ids);
    await table.getByRole('button', { name: 'id' }).click();
    await expect.poll(async () => (await shown())[1]).toBe('worker-2');
    await table.getByRole('button', { name: 'id' }).click();
    await expect.poll(async () => (await shown())[0]).toBe(`worker-${ids.length}`);
    await tab.page.getByLabel('Filter Workers').fill('HOST');
    await expect
      .poll(async () => (await shown()).length)
      .toBe((await cat(client, '/proc/fleet')).match(/kind=host/g)?.length);
  });

  test('a worker is chosen by keys, and killed by the line that is shown', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: MANIFEST });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(3));
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('fleet', 'workers');
    const table = page.getByRole('table', { name: 'Workers' });
    const last = [...(await cat(client, '/proc/fleet')).matchAll(/^id=(\S+)/gm)].at(-1)?.[1] ?? '';
    await table.getByRole('link', { name: last, exact: true }).waitFor();
    await page.getByLabel('Workers, table').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`#/fleet/workers/${last}$`));
    await page.getByRole('button', { name: 'Kill' }).click();
    expect(await page.getByTestId('act-coh').textContent()).toBe(`coh echo /queen/ctl '{"kill":"${last}"}'`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^Accepted/).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText(`It is not in /proc/fleet now.`).waitFor();
    expect(await cat(client, '/proc/fleet')).not.toContain(`id=${last} `);
  });

  test('leases are shown held, waiting and in time, and released', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: MANIFEST });
    const client = await hive.client();
    const lease = (more: object): Promise<void> =>
      echo(client, '/queen/lease/ctl', JSON.stringify({ op: 'grant', resource: 'gpu:GPU-0', ttl_s: 600, ...more }));
    await lease({ id: 'train', subject: 'alice', priority: 5, mem_mb: 16_384, streams: 2 });
    await lease({ id: 'third', subject: 'carol', priority: 1, wait: true });
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('fleet', 'leases');
    const held = page.getByRole('table', { name: 'Held now' });
    await held.getByText('alice').waitFor();
    await page.getByRole('table', { name: 'Waiting' }).getByRole('link', { name: 'third' }).waitFor();
    await page.getByRole('link', { name: /train.*held by alice.*held now/ }).click();
    await page.waitForURL(/#\/fleet\/leases\/train$/);
    await page.getByLabel('for, seconds').fill('x');
    await page.getByRole('button', { name: 'Renew' }).click();
    await page.getByText('A whole number of seconds, at least 1.').waitFor();
    await page.getByRole('button', { name: 'Release' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^Accepted/).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await held.getByRole('link', { name: 'third' }).waitFor();
    await page.getByRole('link', { name: /train.*released/ }).waitFor();
    expect(await cat(client, '/proc/lease/active')).toMatch(/^id=third .*\n$/);
  });

  test('a job is queued, seen in its order, and cancelled', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: MANIFEST });
    const client = await hive.client();
    await echo(
      client,
      '/queen/schedule/ctl',
      '{"id":"later","role":"dispatcher-b","priority":1,"ticks":1,"budget_ms":60000}',
    );
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('fleet', 'schedule', 'later');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    expect(await page.getByTestId('act-line').textContent()).toBe('{"op":"cancel","id":"later"}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^Accepted/).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('table', { name: 'Jobs' }).getByText('cancelled', { exact: true }).first().waitFor();
    await page.getByText('Nothing waits.').waitFor();
  });

  test('what is empty says what makes the first one', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('fleet', 'gpus');
    await tab.page.getByText('coh gpu publish --mock --once').waitFor();
    await tab.page.getByText('No model was activated yet.').waitFor();
    await tab.goTo('fleet', 'leases');
    await tab.page.getByText('coh lease grant gpu:GPU-0 --subject alice --ttl 10m').waitFor();
  });

  test('nothing serious for axe on any tab, wide and narrow, dark and light', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: MANIFEST });
    await echo(await hive.client(), '/queen/ctl', spawns(12));
    for (const [width, theme] of [
      [1280, 'dark'],
      [360, 'light'],
    ] as const) {
      const tab = await ui.tab(hive, { width, theme });
      for (const id of ['workers', 'leases', 'schedule', 'gpus', 'hosts']) {
        await tab.goTo('fleet', id);
        await expect.poll(() => tab.page.getByText(/^Reading /).count()).toBe(0);
        expect(await tab.axe(), `${id} ${width}`).toEqual([]);
        expect(await tab.page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${id} ${width}`).toBe(
          true,
        );
      }
    }
  });
});
