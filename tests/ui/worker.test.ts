// The page with the ticket of a worker: what it sees is shown, what it does not is said in words in every place, nothing fails, and the hive
// is not asked again and again for what it refused.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, coh, echo, linkFor, UI_TEST, type UiHive, uiForEach, uiMissing, type Who } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
/** What each place says to whoever may not see what it is about. */
const WORDS = {
  hive: /\/proc\/fleet is not shown/,
  files: /There is no such file for this ticket/,
  approvals: /The open requests cannot be read/,
  audit: /The journal cannot be read/,
  fleet: /There is no such file for this ticket/,
} as const;

/** A ticket that `coh ticket mint` makes. */
async function mint(hive: UiHive, role: string, subject: string): Promise<Who> {
  const minted = await coh(hive, 'ticket', 'mint', '--role', role, '--subject', subject);
  return { ticket: minted.trim(), role, subject };
}

async function withWorker(): Promise<{ readonly hive: UiHive; readonly who: Who }> {
  const hive = await ui.hive({ manifest: NO_APPROVALS });
  await echo(await hive.client(), '/queen/ctl', '{"spawn":"heartbeat","ticks":1000000}');
  return { hive, who: await mint(hive, 'worker-heartbeat', 'worker-2') };
}

const refusals = async (hive: UiHive): Promise<number> =>
  Number(/policy=(\d+)/.exec(await cat(await hive.client(), '/proc/pressure/policy'))?.[1]);

/** Beats of the page: each is two seconds, since this ticket may not follow events. */
async function beats({ page }: Tab, count: number): Promise<void> {
  const text = page.locator('main [data-file="/proc/self/session"]');
  for (let beat = 0; beat < count; beat += 1) {
    const before = await text.textContent();
    await expect.poll(() => text.textContent(), { timeout: 20_000 }).not.toBe(before);
  }
}

describe.skipIf(uiMissing !== undefined)("a worker's ticket", () => {
  test('signs in by a link, which says whose it is', UI_TEST, async () => {
    const { hive, who } = await withWorker();
    const tab = await ui.blank();
    await tab.page.goto(await linkFor(hive, who));
    await tab.live();
    await tab.page.locator('header').getByText('worker-heartbeat worker-2', { exact: true }).waitFor();
  });

  test('sees its own files, and is told in words what it does not see', UI_TEST, async () => {
    const { hive, who } = await withWorker();
    const tab = await ui.tab(hive, { who });
    const { page } = tab;
    await tab.goTo('files', 'worker', 'worker-2', 'telemetry');
    await page.locator('main [data-file="/worker/worker-2/telemetry"]').waitFor();
    await tab.goTo('files', 'worker', 'worker-1', 'telemetry');
    await page.getByText(WORDS.files).first().waitFor();
    await page.getByRole('link', { name: 'All that this ticket sees' }).click();
    await page.getByRole('link', { name: 'worker', exact: true }).waitFor();
    for (const [place, words] of Object.entries(WORDS)) {
      await tab.goTo(place, ...(place === 'files' ? ['queen', 'ctl'] : []));
      await page.locator('main').getByText(words).first().waitFor();
      expect(await tab.axe(), place).toEqual([]);
      await tab.shots(`worker-${place}`, [1280]);
    }
    // It can neither see nor change the fleet: no act on all of it is offered.
    await tab.goTo('fleet');
    expect(await page.getByRole('button', { name: 'Drain' }).count()).toBe(0);
    await tab.goTo('fleet', 'workers', 'worker-1');
    await page.getByText('Nothing is known of it: /proc/fleet cannot be read.').waitFor();
  });

  test('makes few refusals while it looks', UI_TEST, async () => {
    const { hive, who } = await withWorker();
    const tab = await ui.tab(hive, { who });
    await tab.goTo('files', 'proc', 'self', 'session');
    await beats(tab, 3);
    const before = await refusals(hive);
    await beats(tab, 4);
    // The header alone reads eleven files that this ticket does not see: with each beat they would be 44.
    expect((await refusals(hive)) - before).toBeLessThanOrEqual(24);
  });

  test('of a worker that does not live is refused for good, with what to do', UI_TEST, async () => {
    const { hive } = await withWorker();
    const who = await mint(hive, 'worker-heartbeat', 'worker-99');
    const { page } = await ui.blank();
    await page.goto(`${hive.url}/`);
    await page.getByLabel('Ticket', { exact: true }).fill(who.ticket);
    await page.getByLabel('Role').fill('worker-heartbeat');
    await page.getByLabel('Subject, if the ticket is of one worker').fill('worker-99');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('does not live').waitFor();
  });

  test('a subject with every character that one may have is shown as it is', UI_TEST, async () => {
    const { hive } = await withWorker();
    const who = await mint(hive, 'queen', 'oidc:ann@x.example+a-b_c');
    const tab = await ui.blank();
    await tab.page.goto(await linkFor(hive, who));
    await tab.live();
    await tab.page.locator('header').getByText('queen oidc:ann@x.example+a-b_c', { exact: true }).waitFor();
  });
});
