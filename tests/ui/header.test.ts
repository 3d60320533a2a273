// The frame of the page: what its header says of the hive, links that are opened in a tab that has a session, and what every place says
// while there is no connection.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, echo, linkFor, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import { GONE } from './tab.ts';

/** Whether the scripts of all six places have been fetched. */
const ALL_FETCHED = `performance.getEntriesByType('resource').filter(({ name }) => /body-.*[.]js/.test(name)).length === 6`;
/** A hive whose workers may do nothing until somebody resumes it. */
const OFFLINE = 'schema = "cohesix-hive/1"\n\n[lifecycle]\ninitial_state = "OFFLINE"\n';

const ui = uiForEach();
describe.skipIf(uiMissing !== undefined)(`the frame of the page ${uiMissing ?? ''}`, () => {
  test('each chip says what its file says, and leads there', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive);
    const header = tab.page.locator('header');
    await header.getByText('ROOT OK').waitFor();
    await header.getByText('ONLINE').waitFor();
    const client = await hive.client();
    await client.read('/no/such/file');
    const refused = /policy=(\d+)/.exec(await cat(client, '/proc/pressure/policy'))?.[1];
    await header.getByText(new RegExp(`^policy ${refused}\\b`)).waitFor();
    const active = /active=(\d+)/.exec(await cat(client, '/proc/9p/session/active'))?.[1];
    await header.getByText(`sessions ${active}`, { exact: true }).waitFor();
    await tab.shots('header');
    await header.getByText('ROOT OK').click();
    await expect.poll(() => tab.page.url()).toContain('#/files/proc/root/reachable');
    expect(await tab.axe()).toEqual([]);
  });

  test('a cut is said with its reason, and so is its end', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: OFFLINE });
    const tab = await ui.tab(hive);
    await tab.page.getByText('CUT lifecycle_offline').waitFor();
    await tab.shots('header-cut', [1280]);
    await echo(await hive.client(), '/queen/lifecycle/ctl', 'resume');
    await tab.page.getByText('ROOT OK').waitFor();
  });

  test('on a narrow screen the chips are behind one button', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive, { width: 360, theme: 'light' });
    const lifecycle = tab.page.locator('header').getByText('ONLINE');
    await tab.page.getByText('ROOT OK').waitFor();
    expect(await lifecycle.isVisible()).toBe(false);
    await tab.page.locator('header').getByRole('button', { name: /State/ }).press('Enter');
    await lifecycle.waitFor();
    expect(await tab.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await tab.axe()).toEqual([]);
    await tab.shots('header-open', [360]);
  });

  test('a link in a tab with a session asks first, and its code is in no history', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive);
    const link = await linkFor(hive, { ticket: hive.ticket });
    const code = link.slice(link.lastIndexOf('/') + 1);
    await tab.page.evaluate(`location.hash = '#/sign-in/${code}'`);
    const dialog = tab.page.getByRole('alertdialog');
    await dialog.getByText('A sign-in link was opened').waitFor();
    expect(tab.page.url()).not.toContain(code);
    await tab.shots('link', [1280]);
    await dialog.getByRole('button', { name: 'Keep this session' }).click();
    await dialog.waitFor({ state: 'detached' });
    await tab.page.evaluate(`location.hash = '#/sign-in/${code}'`);
    await dialog.getByRole('button', { name: 'Use the link' }).click();
    await tab.live();
    await tab.page.goBack();
    expect(tab.page.url()).not.toContain(code);
  });

  test('without a connection every place says so, and nothing can be sent', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    tab.expectFaults(GONE);
    // Those that nobody went to yet are fetched meanwhile.
    await expect.poll(() => tab.page.evaluate(ALL_FETCHED), { timeout: 20_000 }).toBe(true);
    await tab.page.waitForLoadState('networkidle');
    await tab.goTo('files', 'queen', 'ctl');
    await tab.page.getByLabel('ticks').first().fill('7');
    await tab.page.getByRole('button', { name: 'Review' }).click();
    const send = tab.page.getByRole('dialog').getByRole('button', { name: 'Send' });
    expect(await send.isEnabled()).toBe(true);
    await hive.stop();
    await tab.page.getByTestId('act-sent').getByText('nothing was sent').waitFor();
    expect(await send.isDisabled()).toBe(true);
    await tab.shots('lost-act', [1280]);
    await tab.page.getByRole('button', { name: 'Cancel' }).click();
    const banner = tab.page.getByTestId('lost');
    await banner.getByText('The connection to the hive is lost.').waitFor();
    await expect.poll(() => tab.page.locator('main').getAttribute('data-stale')).toBe('true');
    for (const place of ['files', 'approvals', 'audit', 'fleet']) {
      await tab.goTo(place);
      expect(await banner.isVisible()).toBe(true);
    }
    await banner.getByRole('button', { name: 'Try now' }).click();
    await banner.getByText(/Trying/).waitFor();
    expect(await tab.axe()).toEqual([]);
    await tab.shots('lost');
  });

  test('a ticket that the hive does not take says what to do', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.blank();
    await tab.page.goto(hive.url);
    await tab.page.getByRole('textbox', { name: 'Ticket', exact: true }).fill(`${hive.ticket.slice(0, -6)}AAAAAA`);
    await tab.page.getByRole('button', { name: 'Sign in' }).click();
    const alert = tab.page.getByRole('alert');
    await alert.getByText('coh ui').waitFor();
    await tab.shots('refused', [1280]);
  });
});
