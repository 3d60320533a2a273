// Pictures of each place, narrow, usual and wide, dark and light, for people to look at; here only that each is there, shows something,
// and that nothing is wider than the window.

import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { UI_TEST, uiForEach, uiMissing } from './kit.ts';
import { SCRIPTED, scriptedDay } from './scripted.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
/** Kept by CI; not in the repository. */
const SHOTS = process.env.COHESIX_UI_SHOTS ?? fileURLToPath(new URL('../../test-results/ui', import.meta.url));
const WIDTHS = [360, 1280, 2560] as const;
/** A name, its address, and a text that is there when the place has what it shows; '' where no text says so. */
const PICTURES: readonly (readonly [name: string, address: readonly string[], ready: string])[] = [
  ['hive', ['hive'], ''],
  ['hive-worker', ['hive', 'worker-1'], 'fan 900 rpm'],
  ['console', ['console'], ''],
  ['files', ['files', 'proc', 'schedule', 'jobs'], 'id=sooner'],
  ['files-control', ['files', 'queen', 'ctl'], 'Starts'],
  ['approvals', ['approvals'], 'Decided lately'],
  ['audit', ['audit'], '/queen/lifecycle/ctl'],
  ['fleet', ['fleet', 'workers'], 'worker-1'],
  ['fleet-leases', ['fleet', 'leases'], 'alice'],
  ['fleet-schedule', ['fleet', 'schedule'], 'sooner'],
  ['fleet-gpus', ['fleet', 'gpus'], 'Mock 4090'],
  ['fleet-hosts', ['fleet', 'hosts'], 'local'],
];

describe.skipIf(uiMissing !== undefined)('pictures', () => {
  for (const theme of ['dark', 'light'] as const)
    test(`every place at ${WIDTHS.join(', ')} px, ${theme}`, UI_TEST, async () => {
      mkdirSync(SHOTS, { recursive: true });
      const hive = await ui.hive(SCRIPTED);
      await scriptedDay(hive);
      const tab = await ui.tab(hive, { theme });
      const wrong: string[] = [];
      for (const width of WIDTHS) {
        await tab.page.setViewportSize({ width, height: width < 720 ? 780 : Math.round((width * 9) / 16) });
        for (const [name, address, ready] of PICTURES) {
          await goTo(tab, address, ready);
          wrong.push(...(await picture(tab, `${name}-${width}-${theme}`)));
        }
      }
      expect(wrong).toEqual([]);
    });
});

/** Waits for the text where it can be seen, or only be there: on narrow screens parts of a place fold. */
async function goTo(tab: Tab, [place = '', ...rest]: readonly string[], ready: string): Promise<void> {
  await tab.goTo(place, ...rest);
  if (ready !== '') await tab.page.locator('main').getByText(ready).first().waitFor({ state: 'attached' });
  if (place === 'hive') await tab.page.locator('.hive-canvas[data-level]').waitFor({ state: 'attached' });
  if (place === 'console') await tab.page.locator('.xterm-screen').waitFor();
}

/** Takes it; what is wrong with it. */
async function picture({ page }: Tab, name: string): Promise<readonly string[]> {
  const path = join(SHOTS, `${name}.png`);
  const wasAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  await page.screenshot({ path, animations: 'disabled' });
  const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  const wrong = over > 0 ? [`${name}: ${over} px wider than the window`] : [];
  if (statSync(path).mtimeMs <= wasAtMs) wrong.push(`${name}: not taken now`);
  const colours = await coloursOf({ page }, readFileSync(path).toString('base64'));
  return colours > 1 ? wrong : [...wrong, `${name}: ${colours} colour`];
}

/** Colours of a picture where the place is, up to some; decoded by the browser. */
async function coloursOf({ page }: Pick<Tab, 'page'>, base64: string): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { left, top, right, bottom } = document.querySelector('main').getBoundingClientRect();
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    const part = context.getImageData(x, y, Math.min(right, image.width) - x, Math.min(bottom, image.height) - y);
    const pixels = new Uint32Array(part.data.buffer);
    const colours = new Set();
    for (const pixel of pixels) if (colours.add(pixel).size >= 16) break;
    return colours.size;
  })()`);
}
