// Live Hive: the canvas shows the fleet that the files tell, workers are chosen by pointer and by keyboard, what they write is seen to fly and
// is told beside it, and nothing is drawn while nothing happens.

import { connect } from '@cohesix/client';
import { describe, expect, test } from 'vitest';
import { mint } from '../interop/mcp-client.ts';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();

const spawns = (count: number): string =>
  Array.from({ length: count }, () => '{"spawn":"heartbeat","ticks":1000000}').join('\n');

/** What the canvas says of its last picture. */
async function drawn({ page }: Tab): Promise<Readonly<Record<string, string>>> {
  return page.evaluate('({ ...document.querySelector(".hive-canvas").dataset })');
}

async function idsOf(text: Promise<string>): Promise<readonly string[]> {
  return [...(await text).matchAll(/^id=(\S+)/gm)].map(([, id]) => id ?? '');
}

/** Pictures in software may be a few a second. */
const WAIT = { timeout: 20_000 };

/** Nobody writes anything by itself. */
const quiet = `${NO_APPROVALS}
[workers]
heartbeat_interval_ms = 3600000
start = []
`;

describe.skipIf(uiMissing !== undefined)('live hive', () => {
  test('every worker is drawn and counted, and those that come and go too', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', `${spawns(12)}\n{"spawn":"host"}`);
    const tab = await ui.tab(hive);
    await tab.goTo('hive');
    const counted = async (): Promise<boolean> => {
      const ids = await idsOf(cat(client, '/proc/fleet'));
      const legend = (await tab.page.locator('.hive-legend').textContent()) ?? '';
      const hosts = (await cat(client, '/proc/fleet')).match(/kind=host/g)?.length;
      return (
        (await drawn(tab)).bees === String(ids.length) &&
        legend.includes('heartbeat 12') &&
        legend.includes(`host ${hosts}`)
      );
    };
    await expect.poll(counted, WAIT).toBe(true);
    const [, , gone = ''] = await idsOf(cat(client, '/proc/fleet'));
    const before = Number((await drawn(tab)).bees);
    await echo(client, '/queen/ctl', JSON.stringify({ kill: gone }));
    await expect.poll(async () => Number((await drawn(tab)).bees)).toBe(before - 1);
    expect(await tab.axe()).toEqual([]);
  });

  test('the keyboard goes from worker to worker, opens one and closes it; Back works', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(7));
    const ids = await idsOf(cat(client, '/proc/fleet'));
    const last = ids.at(-1) ?? '';
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('hive');
    const list = page.getByRole('listbox', { name: /Workers/ });
    await list.focus();
    await expect.poll(async () => list.getAttribute('aria-activedescendant')).toBe(`hive-worker-${ids[0]}`);
    await page.keyboard.press('End');
    await expect.poll(async () => list.getAttribute('aria-activedescendant')).toBe(`hive-worker-${last}`);
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`#/hive/${last}$`));
    await page.getByRole('region', { name: `Worker ${last}` }).waitFor();
    expect(await page.getByRole('option', { selected: true }).textContent()).toContain(`${last}, heartbeat`);
    const before = await list.getAttribute('aria-activedescendant');
    for (const arrow of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) await page.keyboard.press(arrow);
    await expect.poll(async () => list.getAttribute('aria-activedescendant')).not.toBe(undefined);
    expect(before).toBe(`hive-worker-${last}`);
    await page.keyboard.press('Escape');
    await page.waitForURL(/#\/hive$/);
    await page.goBack();
    await page.waitForURL(new RegExp(`#/hive/${last}$`));
    const zoom = async (): Promise<number> => Number((await drawn(tab)).zoom);
    const began = await zoom();
    await list.focus();
    await page.keyboard.press('+');
    await expect.poll(zoom).toBeGreaterThan(began);
    await page.keyboard.press('0');
    await expect.poll(zoom).toBe(began);
  });

  test('a click on a worker opens it, with its last telemetry as it comes', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(5));
    const last = (await idsOf(cat(client, '/proc/fleet'))).at(-1) ?? '';
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('hive');
    const focusedAt = async (): Promise<string> => (await drawn(tab)).focusedAt ?? '';
    await page.getByRole('listbox', { name: /Workers/ }).focus();
    await expect.poll(focusedAt, WAIT).toMatch(/^\d+ \d+$/);
    const first = await focusedAt();
    await page.keyboard.press('End');
    await expect.poll(focusedAt, WAIT).not.toBe(first);
    const [x = 0, y = 0] = (await focusedAt()).split(' ').map(Number);
    await page.locator('.hive-stage').click({ position: { x, y } });
    await page.waitForURL(new RegExp(`#/hive/${last}$`));
    const path = `/worker/${last}/telemetry`;
    await echo(client, path, '{"temp":21}');
    await echo(client, path, '<img src=x onerror=alert(1)>');
    const lines = page.locator(`[data-file="${path}"] li`);
    await expect.poll(async () => lines.allInnerTexts(), WAIT).toEqual((await cat(client, path)).trim().split('\n'));
    for (let number = 0; number < 60; number += 1) await echo(client, path, `line ${number}`);
    await expect.poll(async () => (await lines.allInnerTexts()).at(-1), WAIT).toBe('line 59');
    expect(await lines.count()).toBe(50);
    expect(await tab.axe()).toEqual([]);
    await page.getByRole('button', { name: 'Stop it…' }).click();
    expect(await page.getByTestId('act-coh').textContent()).toBe(`coh echo /queen/ctl '{"kill":"${last}"}'`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/^Accepted/).waitFor();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.getByText(`${last} is not in the fleet.`).waitFor();
  });

  test('what is written flies, is counted, and then the picture rests: no frames', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(3));
    const last = (await idsOf(cat(client, '/proc/fleet'))).at(-1) ?? '';
    const tab = await ui.tab(hive);
    await tab.goTo('hive');
    const rests = async (): Promise<string | undefined> => (await drawn(tab)).moving;
    await expect.poll(rests, WAIT).toBe('false');
    // What the hive counts begins when somebody follows; written again until it is seen.
    await expect
      .poll(async () => {
        await echo(client, `/worker/${last}/telemetry`, 'a grain');
        return Number((await drawn(tab)).pollen);
      }, WAIT)
      .toBeGreaterThan(0);
    await expect.poll(async () => tab.page.locator('.hive-legend').textContent()).toMatch(/telemetry seen\s+[1-9]/);
    await expect.poll(rests, WAIT).toBe('false');
    const frames = await tab.page.evaluate(`new Promise((resolve) => {
      let count = 0;
      const original = requestAnimationFrame;
      globalThis.requestAnimationFrame = (callback) => { count += 1; return original(callback); };
      let seen = 0;
      const next = () => { seen += 1; if (seen < 30) original(next); else { globalThis.requestAnimationFrame = original; resolve(count); } };
      original(next);
    })`);
    expect(frames).toBeLessThan(5);
  });

  test('without motion nothing flies', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(3));
    const last = (await idsOf(cat(client, '/proc/fleet'))).at(-1) ?? '';
    const tab = await ui.tab(hive, { reducedMotion: true });
    await tab.goTo('hive');
    const seen: (string | undefined)[] = [];
    await expect
      .poll(async () => {
        await echo(client, `/worker/${last}/telemetry`, 'a grain');
        await echo(client, `/worker/${last}/telemetry`, 'a grain');
        seen.push((await drawn(tab)).pollen);
        return Number(/telemetry seen\s+(\d+)/.exec((await tab.page.locator('.hive-legend').textContent()) ?? '')?.[1]);
      }, WAIT)
      .toBeGreaterThan(5);
    expect(seen.every((count) => count === undefined || count === '0')).toBe(true);
  });

  test('what a worker is refused is one ring, and is counted', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(3));
    const last = (await idsOf(cat(client, '/proc/fleet'))).at(-1) ?? '';
    const ticket = mint(hive, '--role', 'worker-heartbeat', '--subject', last);
    const url = `9p://127.0.0.1:${hive.ninepPort}`;
    const worker = await connect({ url, role: 'worker-heartbeat', subject: last, ticket });
    if (!worker.ok) throw new Error(worker.refusal.detail);
    const tab = await ui.tab(hive);
    await tab.goTo('hive');
    const pulses: number[] = [];
    await expect
      .poll(async () => {
        for (let time = 0; time < 3; time += 1) expect((await worker.value.append('/queen/ctl', '{}')).ok).toBe(false);
        pulses.push(Number((await drawn(tab)).pulses));
        return pulses.includes(1);
      }, WAIT)
      .toBe(true);
    expect(Math.max(...pulses)).toBe(1);
    await expect
      .poll(async () => tab.page.locator('.hive-legend').textContent(), WAIT)
      .toMatch(/refusals seen\s+[1-9]/);
    await worker.value.close();
  });

  test('the past stands still, with the workers that there were', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: quiet });
    const client = await hive.client();
    await echo(client, '/queen/ctl', spawns(4));
    const [gone = '', ...others] = await idsOf(cat(client, '/proc/fleet'));
    const info = JSON.parse(await cat(client, `/worker/${others.at(-1)}/info`)) as { readonly entry: number };
    await echo(client, '/queen/ctl', JSON.stringify({ kill: gone }));
    const tab = await ui.tab(hive);
    await tab.goTo('hive');
    await expect.poll(async () => (await drawn(tab)).bees, WAIT).toBe('3');
    await tab.goTo('audit', String(info.entry));
    await tab.page.getByRole('button', { name: 'Hive after it' }).click();
    await tab.page.locator(`.scrub-banner[data-shown="${info.entry}"]`).waitFor();
    await tab.goTo('hive', gone);
    await expect.poll(async () => (await drawn(tab)).bees, WAIT).toBe('4');
    await tab.page.getByRole('region', { name: `Worker ${gone}` }).waitFor();
    await tab.page.getByText('A past stands still').waitFor();
    expect(await tab.page.getByRole('button', { name: 'Stop it…' }).count()).toBe(0);
    await expect.poll(async () => (await drawn(tab)).moving, WAIT).toBe('false');
  });

  test('no workers: the page says how to start one; a narrow page does not scroll sideways', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: `${NO_APPROVALS}\n[workers]\nstart = []\n` });
    const tab = await ui.tab(hive, { width: 360, height: 740, theme: 'light' });
    await tab.goTo('hive');
    await tab.page.getByText('No workers are here yet.').waitFor();
    await tab.page.getByText('coh spawn heartbeat ticks=100').waitFor();
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await tab.axe()).toEqual([]);
    await tab.goTo('hive', 'worker-99');
    await tab.page.getByText('worker-99 is not in the fleet.').waitFor();
  });
});
