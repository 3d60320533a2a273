// Dialogs: the keys stay inside, Escape closes, the focus goes back to what opened it; nothing is sent that nobody read; axe finds nothing
// in any of them, dark and light.

import { describe, expect, test } from 'vitest';
import { cat, echo, linkFor, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
/** More than any dialog has controls. */
const TABS = 12;

/** Opens the review of a kill in Fleet, by its button; `down`: the key is held. */
async function openReview(tab: Tab, how: 'press' | 'down' = 'press'): Promise<void> {
  await tab.goTo('fleet', 'workers', 'worker-1');
  await tab.page.getByRole('button', { name: 'Kill' }).focus();
  await tab.page.keyboard[how]('Enter');
  await tab.page.locator('button:focus', { hasText: 'Send' }).waitFor();
}

/** What has the focus once the dialog has put it where it belongs: it turns it back with the next picture. */
const focused = ({ page }: Tab): Promise<string> =>
  page.evaluate<string>(`new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => tell(
    document.activeElement.closest('[role=dialog]') === null
      ? 'outside: ' + document.activeElement.outerHTML.slice(0, 80)
      : document.activeElement.textContent))))`);

const gone = (tab: Tab): Promise<void> => tab.page.getByRole('dialog').waitFor({ state: 'detached' });

describe.skipIf(uiMissing !== undefined)('a dialog', () => {
  test('keeps Tab inside, closes with Escape, and gives the focus back', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    const { keyboard } = tab.page;
    await openReview(tab);
    for (const key of ['Tab', 'Shift+Tab'] as const) {
      const seen = new Set<string>();
      for (let count = 0; count < TABS; count += 1) {
        await keyboard.press(key);
        seen.add(await focused(tab));
      }
      expect([...seen].toSorted(), key).toEqual(['Cancel', 'Copy command', 'Send']);
    }
    await keyboard.press('Escape');
    await gone(tab);
    await expect.poll(() => tab.page.evaluate('document.activeElement.textContent')).toBe('Kill');
  });

  test('takes no click and no key that was meant for what opened it', UI_TEST, async () => {
    const hive = await ui.hive();
    const client = await hive.client();
    const tab = await ui.tab(hive);
    const { page } = tab;
    const before = await cat(client, '/audit/journal');
    await openReview(tab, 'down');
    await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    expect(await sent(tab)).toBe('Nothing has been sent.');
    const { x = 0, y = 0 } = (await page.getByRole('button', { name: 'Send', exact: true }).boundingBox()) ?? {};
    await page.mouse.move(x + 5, y + 5);
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    expect(await sent(tab)).toBe('Nothing has been sent.');
    expect(await cat(client, '/audit/journal')).toBe(before);
    await page.mouse.down();
    await page.mouse.up();
    await page.getByTestId('ask').waitFor();
  });

  for (const theme of ['dark', 'light'] as const)
    test(`has no finding of axe, whatever it shows: ${theme}`, UI_TEST, async () => {
      const hive = await ui.hive();
      const tab = await ui.tab(hive, { theme });
      const { page } = tab;
      const found: string[] = [];
      const look = async (what: string): Promise<void> => {
        await page.locator('[role=dialog], [role=alertdialog]').waitFor();
        for (const { id, where } of await tab.axe()) found.push(`${what}: ${id} at ${where.join(', ')}`);
        await tab.shots(`dialog-${what}`, [360, 1280]);
      };
      await openReview(tab);
      await look('review');
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.getByTestId('ask').waitFor();
      await look('needs-approval');
      await page.getByRole('button', { name: 'Ask for approval' }).click();
      await page.locator('[data-testid="ask-state"][data-state="requested"]').waitFor();
      await look('asked');
      await page.keyboard.press('Escape');
      await gone(tab);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('worker');
      await page.getByRole('option').first().waitFor();
      await look('palette');
      await page.keyboard.press('Escape');
      await gone(tab);
      await page.keyboard.press('?');
      await look('keys');
      await page.keyboard.press('Escape');
      await gone(tab);
      await page.goto(await linkFor(hive, hive));
      await look('link');
      expect(found).toEqual([]);
    });

  test(
    'shows what turns a text around or is not seen by its number, in the line that is approved',
    UI_TEST,
    async () => {
      const hive = await ui.hive();
      const line = '{"kill":"worker-1\u202e\u200b"}';
      const request = { id: 'turned', target: '/queen/ctl', line, decision: 'request' };
      await echo(await hive.client(), '/actions/queue', JSON.stringify(request));
      const tab = await ui.tab(hive);
      await tab.goTo('approvals', 'turned');
      expect(await tab.page.getByTestId('request-line').innerText()).toBe('{"kill":"worker-1\\u{202e}\\u{200b}"}');
    },
  );
});

function sent({ page }: Tab): Promise<string | null> {
  return page.getByTestId('act-sent').textContent();
}
