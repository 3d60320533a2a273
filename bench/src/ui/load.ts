// The first load of the page: a cold profile each time, until the canvas of a hive is there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { median } from '../report.ts';
import { startHive } from '../target-hive.ts';
import { viteBuild } from './pages.ts';

/** Median of the loads, ms. @throws Error when the page does not come up. */
export async function measureLoad(
  browser: Browser,
  { rounds, onProgress }: { readonly rounds: number; readonly onProgress: (line: string) => void },
): Promise<number> {
  await viteBuild('apps/swarmui');
  const hive = await startHive();
  try {
    const ticket = readFileSync(join(hive.clientArgs[1] ?? '', 'run', 'queen.ticket'), 'utf8').trim();
    const loads: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      onProgress(`load: round ${round + 1}`);
      loads.push(await loadOnce(browser, hive.http, ticket));
    }
    return median(loads);
  } finally {
    await hive.stop();
  }
}

async function loadOnce(browser: Browser, url: string, ticket: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const kept = JSON.stringify({ ticket, role: 'queen' });
  await page.addInitScript(`sessionStorage.setItem('cohesix.session', ${JSON.stringify(kept)})`);
  await page.goto(`${url}/`, { waitUntil: 'commit' });
  // Live, and the place where a page begins is there: by the page's own clock, which begins with the request.
  const ms = await page.evaluate<number>(`new Promise((resolve) => {
    const look = () => {
      const isLive = [...document.querySelectorAll('header .badge')].some((one) => one.textContent.startsWith('LIVE'));
      if (isLive && document.querySelector('.hive-canvas') !== null) resolve(performance.now());
      else setTimeout(look, 10);
    };
    look();
  })`);
  await context.close();
  return ms;
}
