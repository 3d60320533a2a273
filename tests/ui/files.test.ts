// Files: the tree by keys, a file as it is now, a stream as it grows, a control file as a form whose line is what is sent.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, coh, echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';

const ui = uiForEach();

describe.skipIf(uiMissing !== undefined)('files', () => {
  test('the tree is gone through by keys, and what is opened has an address', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('files');
    const tree = tab.page.getByRole('tree');
    await tree.getByRole('treeitem', { name: 'queen' }).waitFor();
    await tree.focus();
    await tab.page.keyboard.press('Home');
    await tab.page.keyboard.type('proc');
    await tab.page.locator('.files-row[data-active="true"]', { hasText: /directory: proc$/ }).waitFor();
    await tab.page.keyboard.press('ArrowRight');
    await tree.getByRole('treeitem', { name: 'boot' }).waitFor();
    await tab.page.keyboard.press('ArrowRight');
    await tab.page.keyboard.type('boot');
    await tab.page.keyboard.press('Enter');
    await tab.page.waitForURL(/#\/files\/proc\/boot$/);
    await tab.page.locator('main [data-file="/proc/boot"]').waitFor();
    await tab.page.goBack();
    await tab.page.waitForURL(/#\/files$/);
  });

  test('a view shows what the file says, and changes with it', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const tab = await ui.tab(hive);
    await tab.goTo('files', 'proc', 'lifecycle', 'state');
    const shown = tab.page.locator('main [data-file="/proc/lifecycle/state"]');
    await shown.getByText('state=ONLINE').waitFor();
    await echo(client, '/queen/lifecycle/ctl', 'cordon');
    await shown.getByText('state=DRAINING').waitFor();
    expect(`${await shown.textContent()}\n`).toBe(await cat(client, '/proc/lifecycle/state'));
  });

  test('a stream is followed, held and filtered', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const tab = await ui.tab(hive);
    await tab.goTo('files', 'log', 'queen.log');
    const lines = tab.page.locator('main [data-file="/log/queen.log"]');
    await echo(client, '/log/queen.log', 'first <b>bold</b>');
    await lines.getByText('first <b>bold</b>').waitFor();
    await tab.page.getByRole('button', { name: 'Pause' }).click();
    await echo(client, '/log/queen.log', 'second');
    await tab.page.getByText(/^Paused, [1-9]\d* more since$/).waitFor();
    expect(await lines.getByText('second').count()).toBe(0);
    await tab.page.getByRole('button', { name: 'Go on' }).click();
    await lines.getByText('second').waitFor();
    await tab.page.getByLabel('Show only lines with').fill('FIRST');
    await lines.getByText('second').waitFor({ state: 'detached' });
    expect(await lines.locator('.files-line').allInnerTexts()).toEqual([expect.stringContaining('first <b>bold</b>')]);
  });

  test('frames of CBOR are lines of JSON, the same as coh tail prints', UI_TEST, async () => {
    const frames = '[telemetry]\nframe_schema = "cbor-v1"\n';
    const hive = await ui.hive({ manifest: `${NO_APPROVALS}\n${frames}` });
    await echo(await hive.client(), '/queen/ctl', '{"spawn":"heartbeat","ticks":100000}');
    const path = ['worker', 'worker-2', 'telemetry'];
    const tab = await ui.tab(hive);
    await tab.goTo('files', ...path);
    const shown = tab.page.locator(`main [data-file="/${path.join('/')}"] .files-line`);
    await expect.poll(() => shown.count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    const first = await shown.allTextContents();
    const printed = (await coh(hive, 'tail', `/${path.join('/')}`)).trimEnd().split('\n');
    expect(printed[0]).toContain('"schema":"telemetry-frame/v1"');
    expect(printed.slice(0, first.length)).toEqual(first);
  });

  test('a form becomes the line that is sent', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const tab = await ui.tab(hive);
    await tab.goTo('files', 'queen', 'ctl');
    const { page } = tab;
    const line = page.getByLabel('The line, as it is sent');
    const review = page.getByRole('button', { name: 'Review' });
    await page.getByLabel('ticks').first().fill('0');
    await page.getByText('ticks: at least 1.').waitFor();
    expect(await review.isDisabled()).toBe(true);
    await page.getByLabel('ticks').first().fill('7');
    expect(await line.inputValue()).toBe('{"spawn":"heartbeat","ticks":7}');
    await review.click();
    expect(await page.getByTestId('act-line').textContent()).toBe('{"spawn":"heartbeat","ticks":7}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^Accepted as line \d+ of the journal/).waitFor();
    expect(await cat(client, '/queen/ctl')).toContain(JSON.stringify('{"spawn":"heartbeat","ticks":7}'));
  });

  test('the form follows the line, and says what is wrong with it', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('files', 'queen', 'ctl');
    const { page } = tab;
    const line = page.getByLabel('The line, as it is sent');
    await line.fill('{"kill":"worker-7"}');
    await page.getByText(/^Fits:/).waitFor();
    expect(await page.getByLabel('kill', { exact: true }).inputValue()).toBe('worker-7');
    await line.fill('{"kill":"worker-7"');
    await page.getByText(/^Not JSON yet:/).waitFor();
    await line.fill('{"kill":"a","kill":"b"}');
    await page.getByText(/^Not JSON yet:.*kill/).waitFor();
    await page.getByLabel('What to do').waitFor({ state: 'detached' });
  });

  test('a path that is not there says so, and what to do', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('files', 'proc', '<img src=x onerror=alert(1)>');
    await tab.page
      .getByRole('alert')
      .getByText(/There is no such file for this ticket/)
      .waitFor();
  });

  test('nothing serious for axe, wide and narrow, dark and light', UI_TEST, async () => {
    const hive = await ui.hive();
    for (const [width, theme] of [
      [1280, 'dark'],
      [360, 'light'],
    ] as const) {
      const tab = await ui.tab(hive, { width, theme });
      for (const path of [['queen', 'ctl'], ['proc', 'boot'], ['log', 'queen.log'], ['proc']]) {
        await tab.goTo('files', ...path);
        await tab.page.locator(`main [data-file="/${path.join('/')}"]`).waitFor();
        expect(await tab.axe(), `${path.join('/')} ${width}`).toEqual([]);
      }
    }
  });
});
