// What holds for the whole page: who gets in, strict rules of the browser, nothing serious that axe finds, keys for everything, small
// screens, addresses that open cold, and a first load that is small.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { echo, linkFor, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import { PAGE_FOLDER } from './page-build.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
const PLACES = ['hive', 'console', 'files', 'approvals', 'audit', 'fleet'] as const;
/** What is loaded before a place is, compressed. */
const FIRST_LOAD_MAX = 500 * 1024;

const part = uiMissing === undefined ? describe : describe.skip;
const why = uiMissing === undefined ? '' : ` (${uiMissing})`;

part(`sign-in${why}`, () => {
  test('a link works once, leaves no trace in the address, and says so the second time', UI_TEST, async () => {
    const hive = await ui.hive();
    const link = await linkFor(hive, hive);
    const tab = await ui.blank();
    await tab.page.goto(link);
    await tab.live();
    expect(tab.page.url()).not.toContain('sign-in');
    const second = await ui.blank();
    second.expectFaults(/status of 403/);
    await second.page.goto(link);
    await second.page.getByRole('alert').waitFor();
    expect(await second.page.getByRole('alert').textContent()).toMatch(/coh ui/);
  });

  test(
    'a ticket can be pasted, one that is not good is refused in words, and signing out forgets it',
    UI_TEST,
    async () => {
      const hive = await ui.hive();
      const { page, live } = await ui.blank();
      await page.goto(`${hive.url}/`);
      const ticket = page.getByLabel('Ticket', { exact: true });
      await ticket.fill('not-a-ticket');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await ticket.fill(hive.ticket);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await live();
      await page.reload();
      await live();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await ticket.waitFor();
      expect(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(hive.ticket);
    },
  );
});

/** How many px of an element its scrolling parent does not show; -1: it is not there. */
function hidden({ page }: Tab, parent: string, child: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const [outer, inner] = [${JSON.stringify(parent)}, ${JSON.stringify(`${parent} ${child}`)}].map((one) =>
      document.querySelector(one)?.getBoundingClientRect());
    if (inner === undefined) return -1;
    const over = [outer.top - inner.top, inner.bottom - outer.bottom, outer.left - inner.left, inner.right - outer.right];
    return Math.max(0, ...over.map((px) => Math.floor(px)));
  })()`);
}

part(`every place${why}`, () => {
  for (const theme of ['dark', 'light'] as const)
    for (const width of [360, 1280])
      test(`axe finds nothing serious, nothing is cut off: ${theme}, ${width} px`, UI_TEST, async () => {
        const hive = await ui.hive();
        const tab = await ui.tab(hive, { theme, width });
        const found: string[] = [];
        for (const place of PLACES) {
          await tab.goTo(place);
          for (const { id, where } of await tab.axe()) found.push(`${place}: ${id} at ${where.join(', ')}`);
          const over = await tab.page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          if (over > 0) found.push(`${place}: ${over} px wider than the screen`);
          await tab.shots(`frame-${place}`, [width]);
        }
        expect(found).toEqual([]);
      });

  test(
    'on a narrow screen the place that is open is seen whole in the menu, and the row of a file in its tree',
    UI_TEST,
    async () => {
      const tab = await ui.tab(await ui.hive(), { width: 360 });
      for (const place of PLACES) {
        await tab.goTo(place);
        expect(await hidden(tab, 'nav[aria-label="Places"]', '[aria-current="page"]'), place).toBe(0);
      }
      await tab.goTo('files', 'queen', 'ctl');
      await tab.page.locator('main [data-file="/queen/ctl"]').waitFor();
      await expect.poll(() => hidden(tab, '.files-tree', '[role="treeitem"][aria-selected="true"]')).toBe(0);
    },
  );

  test('axe is really there: it finds a picture without a name', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.page.evaluate("document.querySelector('main').append(new Image())");
    expect((await tab.axe()).map(({ id }) => id)).toContain('image-alt');
  });

  test('a request that is no WebSocket is told, too: nothing is read from an API', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('files', 'proc', 'boot');
    expect(tab.faults()).toEqual([]);
    tab.expectFaults(/status of 40[13]/);
    await tab.page.evaluate("fetch('/v1/fs/ls?path=/')");
    expect(tab.faults()).toEqual([expect.stringContaining('API asked: ')]);
    tab.expectFaults(/API asked/);
  });

  test('opens cold by its address, and Back goes back', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive);
    for (const address of ['files/proc/boot', 'fleet', 'audit', 'approvals', 'console', 'hive']) {
      await tab.page.goto(`${hive.url}/#/${address}`);
      await tab.page.reload();
      await tab.page.locator(`main[data-place="${address.split('/')[0]}"]`).waitFor();
    }
    await tab.goTo('files', 'proc', 'boot');
    await tab.page.getByText('Cohesix boot: hive online').first().waitFor();
    await tab.goTo('fleet');
    await tab.page.goBack();
    await tab.page.locator('main[data-place="files"]').waitFor();
  });

  test('without motion nothing is animated', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive(), { reducedMotion: true });
    for (const place of PLACES) {
      await tab.goTo(place);
      const moving = "document.getAnimations().filter((one) => one.playState === 'running').length";
      expect(await tab.page.evaluate(moving), place).toBe(0);
    }
  });
});

part(`keys${why}`, () => {
  test('places by Alt and a number; the first Tab leads past the menu', UI_TEST, async () => {
    const { page, live } = await ui.tab(await ui.hive());
    for (const [index, place] of PLACES.entries()) {
      await page.keyboard.press(`Alt+${index + 1}`);
      await page.locator(`main[data-place="${place}"]`).waitFor();
    }
    // The first one of a page that was just opened: else Tab goes on from where the focus was last.
    await page.reload();
    await live();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the place');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('place');
  });

  test('the palette finds a file, a worker, a line and an act, and gives the focus back', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    await echo(await hive.client(), '/queen/ctl', '{"spawn":"heartbeat","ticks":4711}');
    const { page } = await ui.tab(hive);
    const open = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: /Place, worker/ }).fill(text);
    };
    await open('/proc/boo');
    await page.getByRole('option', { name: '/proc/boot', exact: false }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Cohesix boot: hive online').first().waitFor();
    expect(page.url()).toContain('#/files/proc/boot');
    await open('77');
    await page.getByRole('option', { name: /^#77/ }).waitFor();
    await page.keyboard.press('Escape');
    await open('worker-1');
    await page
      .getByRole('option', { name: /^worker-1\b/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'Worker worker-1' }).waitFor();
    await open('ticks');
    await page
      .getByRole('option', { name: /^#\d+ .*ticks/ })
      .first()
      .click();
    await expect.poll(() => page.getByTestId('entry-line').textContent()).toContain('"ticks":4711');
    await open('lifecycle');
    await page.getByRole('option').filter({ hasText: 'act · /queen/lifecycle/ctl' }).click();
    await page.waitForURL(/#\/files\/queen\/lifecycle\/ctl$/);
    await open('');
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: /Place, worker/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Go to…' }).press('Enter');
    await page.getByRole('combobox', { name: /Place, worker/ }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Go to…');
  });

  test('? shows the keys', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive());
    await tab.goTo('fleet');
    await tab.page.keyboard.press('?');
    await tab.page.getByRole('dialog').getByText('Alt-1 … Alt-6').waitFor();
    expect(await tab.axe()).toEqual([]);
  });
});

part(`the build${why}`, () => {
  test('the first load is at most 500 KiB compressed, and nothing is inline or from elsewhere', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.blank();
    const asked: string[] = [];
    tab.page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await tab.page.goto(`${hive.url}/`);
    await tab.page.getByLabel('Ticket', { exact: true }).waitFor();
    const files = asked.filter((path) => path.startsWith('/assets/')).map((path) => path.slice('/assets/'.length));
    expect(files.length).toBeGreaterThan(1);
    const sizes = files.map((name) => compressed(name));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(FIRST_LOAD_MAX);
    const answer = await tab.page.request.get(`${hive.url}/`);
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:\/\//);
  });
});

/** Bytes of an asset as they are sent: fonts are compressed already. */
function compressed(name: string): number {
  const names = readdirSync(join(PAGE_FOLDER, 'assets'));
  if (!names.includes(name)) throw new Error(`the page asks for ${name}, which the build does not have`);
  const bytes = readFileSync(join(PAGE_FOLDER, 'assets', name));
  return name.endsWith('.woff2') ? bytes.length : brotliCompressSync(bytes).length;
}
