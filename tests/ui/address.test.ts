// Addresses: every object of the hive opens cold by its own, so does every moment of the past, and Back leads where one came from.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, coh, echo, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
const RESOURCE = '[[leases.resources]]\nid = "gpu:GPU-0"\nmem_mb = 24576\nstreams = 4\n';
const STATE = ['files', 'proc', 'lifecycle', 'state'];

/** Opens an address as a link from elsewhere does: with nothing of the page loaded. */
async function openCold({ page }: Tab, hive: UiHive, address: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${hive.url}/#/${address}`);
  await page.locator(`main[data-place="${address.split(/[/?]/)[0]}"]`).waitFor();
}

/** Number of the last line of the journal that a control file took. */
async function lastLine(hive: UiHive, path: string): Promise<number> {
  const last = (await cat(await hive.client(), path)).trimEnd().split('\n').at(-1) ?? '{}';
  return (JSON.parse(last) as { readonly seq: number }).seq;
}

/** A hive that was ONLINE, and was cordoned after the line that is answered. */
async function cordoned(): Promise<{ readonly hive: UiHive; readonly before: number }> {
  const hive = await ui.hive({ manifest: NO_APPROVALS });
  await echo(await hive.client(), '/queen/lifecycle/ctl', 'cordon');
  return { hive, before: (await lastLine(hive, '/queen/lifecycle/ctl')) - 1 };
}

const past = ({ page }: Tab) => page.getByRole('region', { name: 'The past' });
const state = ({ page }: Tab) => page.locator('main [data-file="/proc/lifecycle/state"]');
const hash = ({ page }: Tab): Promise<string> => page.evaluate<string>('location.hash');

describe.skipIf(uiMissing !== undefined)('addresses', () => {
  test('every object opens cold by its own', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: `${NO_APPROVALS}\n${RESOURCE}` });
    const client = await hive.client();
    await echo(client, '/queen/ctl', '{"spawn":"heartbeat","ticks":1000000}');
    const lease = { op: 'grant', id: 'l1', subject: 'alice', resource: 'gpu:GPU-0', ttl_s: 600, priority: 1 };
    await echo(client, '/queen/lease/ctl', JSON.stringify(lease));
    const job = '{"id":"j1","role":"dispatcher-b","priority":1,"ticks":1,"budget_ms":60000}';
    await echo(client, '/queen/schedule/ctl', job);
    const line = await lastLine(hive, '/queen/schedule/ctl');
    await coh(hive, 'gpu', 'publish', '--mock', '--once');
    const tab = await ui.tab(hive);
    const { page } = tab;
    await openCold(tab, hive, 'hive/worker-1');
    await page.getByRole('region', { name: 'Worker worker-1' }).waitFor();
    await openCold(tab, hive, 'files/proc/boot');
    await page.locator('main [data-file="/proc/boot"]').waitFor();
    await openCold(tab, hive, `audit/${line}`);
    expect(await page.getByTestId('entry-line').textContent()).toBe(job);
    for (const [address, name] of [
      ['fleet/workers/worker-1', 'worker-1'],
      ['fleet/leases/l1', 'Lease l1'],
      ['fleet/schedule/j1', 'Job j1'],
      ['fleet/gpus/local/GPU-0', 'GPU local/GPU-0'],
      ['fleet/hosts/local', 'Host local'],
    ] as const) {
      await openCold(tab, hive, address);
      const details = page.getByRole('region', { name, exact: true });
      await details.locator('dl').waitFor();
      expect(await details.getByText('It is not in').count(), address).toBe(0);
    }
  });

  test('a request for an approval opens cold by its own', UI_TEST, async () => {
    const hive = await ui.hive();
    const request = { id: 'ask-1', target: '/queen/ctl', line: '{"kill":"worker-1"}', decision: 'request' };
    await echo(await hive.client(), '/actions/queue', JSON.stringify(request));
    const tab = await ui.tab(hive);
    await openCold(tab, hive, 'approvals/ask-1');
    await expect.poll(() => tab.page.getByTestId('request-line').textContent()).toContain('{"kill":"worker-1"}');
  });

  test('a link to the past opens the past, its links stay there, and Back leads out of it', UI_TEST, async () => {
    const { hive, before } = await cordoned();
    const tab = await ui.tab(hive);
    await openCold(tab, hive, `${STATE.join('/')}?at=${before}`);
    await past(tab).getByText(`PAST, after line ${before}`).waitFor();
    await state(tab).getByText('state=ONLINE').waitFor();
    await tab.page.getByRole('link', { name: 'Fleet' }).click();
    await tab.page.waitForURL(new RegExp(`#/fleet\\?at=${before}$`));
    expect(await past(tab).isVisible()).toBe(true);
    await tab.page.goBack();
    await state(tab).getByText('state=ONLINE').waitFor();
    await tab.page.getByRole('button', { name: 'Back to now' }).click();
    await state(tab).getByText('state=DRAINING').waitFor();
    expect(await hash(tab)).toBe(`#/${STATE.join('/')}`);
    await tab.page.goBack();
    await state(tab).getByText('state=ONLINE').waitFor();
    await tab.page.goForward();
    await state(tab).getByText('state=DRAINING').waitFor();
    await past(tab).waitFor({ state: 'detached' });
  });

  test('going to the past is one step of the history, however many lines were looked at', UI_TEST, async () => {
    const { hive, before } = await cordoned();
    const tab = await ui.tab(hive);
    await tab.goTo(...(STATE as [string, ...string[]]));
    await state(tab).getByText('state=DRAINING').waitFor();
    await tab.goTo('audit', String(before));
    await tab.page.getByRole('button', { name: 'Hive after it' }).click();
    await past(tab).getByText(`PAST, after line ${before}`).waitFor();
    for (let line = before - 1; line >= before - 2; line -= 1) {
      await past(tab).getByRole('button', { name: 'One line back' }).click();
      await past(tab).getByText(`PAST, after line ${line}`).waitFor();
    }
    await expect.poll(() => hash(tab)).toBe(`#/audit/${before}?at=${before - 2}`);
    await tab.page.goBack();
    await past(tab).waitFor({ state: 'detached' });
    expect(await hash(tab)).toBe(`#/audit/${before}`);
    await tab.page.goBack();
    await state(tab).getByText('state=DRAINING').waitFor();
  });

  test('a line that the journal does not have is said to be none', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive);
    await openCold(tab, hive, 'fleet?at=999999');
    await past(tab).getByText('The journal has no line 999999 yet').waitFor();
  });
});
