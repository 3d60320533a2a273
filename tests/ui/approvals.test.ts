// Approvals: the second person of the policy, in the page. Two tabs with two tickets: the queen asks, the approver decides.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cat, echo, signIn, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import { SCRIPTED } from './scripted.ts';
import type { Tab } from './tab.ts';

const SPAWN = '{"spawn":"heartbeat","ticks":100}';
const ui = uiForEach();

/** The approver's tab, on Approvals, with a request in view. */
async function approver(hive: UiHive): Promise<Tab> {
  const ticket = readFileSync(join(hive.data, 'run', 'approver.ticket'), 'utf8').trim();
  const tab = await ui.tab(hive, { who: { ticket } });
  await tab.goTo('approvals');
  await tab.page.getByTestId('request-line').waitFor();
  return tab;
}

/** Asks for an approval as `coh --wait` does. */
async function ask(hive: UiHive, id: string, line = SPAWN, more: object = {}): Promise<void> {
  const request = { id, target: '/queen/ctl', line, decision: 'request', ...more };
  await echo(await hive.client(), '/actions/queue', JSON.stringify(request));
}

/** Presses Enter as soon as the review has the focus on its button. */
async function enter({ page }: Tab): Promise<void> {
  await page.locator('button:focus', { hasText: 'Send' }).waitFor();
  await page.keyboard.press('Enter');
}

/** What the review says of the line that was sent. */
async function answered({ page }: Tab, text: RegExp): Promise<void> {
  await expect.poll(() => page.getByTestId('act-sent').textContent(), { timeout: 20_000 }).toMatch(text);
}

describe.skipIf(uiMissing !== undefined)('approvals', () => {
  test(
    'the queen asks in the review, a second person approves with the keyboard, the queen sends',
    UI_TEST,
    async () => {
      const hive = await ui.hive();
      const client = await hive.client();
      const queen = await ui.tab(hive);
      await queen.goTo('files', 'queen', 'ctl');
      await queen.page.getByLabel('The line, as it is sent').fill(SPAWN);
      await queen.page.getByRole('button', { name: 'Review' }).click();
      await queen.page.getByRole('button', { name: 'Send', exact: true }).click();
      await queen.page.getByRole('button', { name: 'Ask for approval' }).click();
      await queen.page.locator('[data-testid="ask-state"][data-state="requested"]').waitFor();
      expect(await queen.page.getByTestId('open-requests').innerText()).toContain('1');

      const second = await approver(hive);
      expect(await second.page.getByTestId('request-line').innerText()).toBe(SPAWN);
      await second.page.keyboard.press('a');
      await second.page.getByTestId('act-line').waitFor();
      const pending = JSON.parse(await cat(client, '/actions/pending')) as {
        readonly id: string;
        readonly entry: number;
      };
      const { id, entry } = pending;
      expect(await second.page.getByTestId('act-line').innerText()).toBe(
        JSON.stringify({ id, entry, decision: 'approve' }),
      );
      await enter(second);
      await answered(second, /^Accepted/);
      expect(await cat(client, `/actions/${id}/status`)).toContain('"state":"queued"');

      await queen.page.getByRole('button', { name: 'Send now' }).click();
      await answered(queen, /^Accepted/);
      expect(await client.list('/worker')).toMatchObject({ ok: true, value: ['worker-1', 'worker-2'] });
    },
  );

  test('what was asked for is kept over a reload, sent from Approvals, and told by Console', UI_TEST, async () => {
    const hive = await ui.hive();
    const queen = await ui.tab(hive);
    const { page } = queen;
    await queen.goTo('fleet', 'workers', 'worker-1');
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('button', { name: 'Ask for approval' }).click();
    await page.locator('[data-testid="ask-state"][data-state="requested"]').waitFor();
    await page.reload();
    await queen.live();
    await queen.goTo('approvals');
    await page.locator('[data-ask][data-state="requested"]').waitFor();
    const second = await approver(hive);
    await second.page.keyboard.press('a');
    await enter(second);
    await answered(second, /^Accepted/);
    await page.getByRole('button', { name: 'Send now' }).click();
    expect(await page.getByTestId('act-line').innerText()).toBe('{"kill":"worker-1"}');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await answered(queen, /^Accepted as line \d+/);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('[data-ask]').count()).toBe(0);
    await queen.goTo('console');
    const told =
      /Sent by the page \(accepted, line \d+ of the journal\): coh echo \/queen\/ctl '\{"kill":"worker-1"\}'/;
    await page.getByTestId('console-log').getByText(told).waitFor();
  });

  test('a denial, with the mouse; the request goes to what was decided', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    const second = await approver(hive);
    const { page } = second;
    await page.getByRole('button', { name: /^Deny/ }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await answered(second, /^Accepted/);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('nothing waits').waitFor();
    await page.getByRole('cell', { name: 'denied' }).waitFor();
    expect(await cat(await hive.client(), '/actions/one/status')).toContain('"state":"denied"');
  });

  test('a double click sends once', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    const second = await approver(hive);
    await second.page.getByRole('button', { name: /^Approve/ }).click();
    await second.page.getByRole('button', { name: 'Send', exact: true }).dblclick();
    await answered(second, /^Accepted/);
    const lines = (await cat(await hive.client(), '/audit/journal'))
      .split('\n')
      .filter((line) => line.includes('"approver"'));
    expect(lines).toHaveLength(1);
  });

  test('what ends meanwhile cannot be sent, in the review and beside it, and says why', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    const second = await approver(hive);
    const { page } = second;
    await page.getByRole('button', { name: /^Approve/ }).click();
    const send = page.getByRole('button', { name: 'Send', exact: true });
    await send.waitFor();
    const third = await approver(hive);
    await third.page.keyboard.press('d');
    await enter(third);
    await answered(third, /^Accepted/);
    await answered(second, /^Denied by approver/);
    expect(await send.isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByTestId('stale').innerText()).toBe('Denied by approver.');
    expect(await page.getByRole('button', { name: /^Approve/ }).isDisabled()).toBe(true);
    const lines = (await cat(await hive.client(), '/audit/journal'))
      .split('\n')
      .filter((line) => line.includes('"approver"'));
    expect(lines).toHaveLength(1);
  });

  test('what another request took the place of is not approved by a key that was meant for it', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one', SPAWN, { ttl_s: 15 });
    const { page } = await approver(hive);
    await page
      .getByTestId('stale')
      .getByText(/expired/)
      .waitFor();
    await ask(hive, 'one', '{"kill":"worker-1"}');
    await page.getByText('This is another request under the same id').waitFor();
    expect(await page.getByTestId('request-line').innerText()).toBe('{"kill":"worker-1"}');
    for (const key of ['a', 'd']) await page.keyboard.press(key);
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'I have looked at it' }).click();
    await page.keyboard.press('a');
    await page.getByRole('dialog').waitFor();
    expect(await cat(await hive.client(), '/actions/pending')).toContain('worker-1');
  });

  test('what was ticked is in the line, with the mouse and with the keys', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    const { page } = await approver(hive);
    await page.getByLabel(/takes another line first/).check();
    await page.keyboard.press('a');
    expect(JSON.parse(await page.getByTestId('act-line').innerText())).toMatchObject({
      decision: 'approve',
      generation: 0,
    });
  });

  test('the time left is by the clock of the hive, whatever the browser believes', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one'); // For 15 minutes.
    const ticket = readFileSync(join(hive.data, 'run', 'approver.ticket'), 'utf8').trim();
    const tab = await ui.blank();
    await tab.page.clock.install({ time: Date.now() + 3_600_000 });
    await tab.page.clock.resume();
    await signIn(tab, hive, { ticket });
    await tab.goTo('approvals');
    await expect.poll(() => tab.page.getByTestId('time-left').textContent()).toMatch(/^1[0-5] min/);
    expect(await tab.page.getByRole('button', { name: /^Approve/ }).isEnabled()).toBe(true);
  });

  test('the own request needs a second person, and says so', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    const tab = await ui.tab(hive, { theme: 'light', width: 360 });
    await tab.goTo('approvals', 'one');
    await tab.page.getByText(/a second person, with another name/).waitFor();
    expect(await tab.page.getByRole('button', { name: /^Approve/ }).isDisabled()).toBe(true);
    expect(await tab.axe()).toEqual([]);
    await tab.page.keyboard.press('a');
    expect(await tab.page.getByTestId('act-line').count()).toBe(0);
  });

  test('says of a word, too, what it would do', UI_TEST, async () => {
    const hive = await ui.hive(SCRIPTED);
    const request = { id: 'word', target: '/queen/lifecycle/ctl', line: 'cordon', decision: 'request' };
    await echo(await hive.client(), '/actions/queue', JSON.stringify(request));
    const { page } = await approver(hive);
    await page
      .getByTestId('effect')
      .getByText('Nothing new is begun: no worker, job or lease. What runs goes on.')
      .waitFor();
  });

  test('says why, what it would do and what the file holds; axe finds nothing', UI_TEST, async () => {
    const hive = await ui.hive();
    await ask(hive, 'one');
    await ask(hive, 'two', '{"kill":"worker-1"}');
    const second = await approver(hive);
    const { page } = second;
    await page.keyboard.press('ArrowDown');
    await page.locator('[data-request="two"]').waitFor();
    expect(await page.getByTestId('request-line').innerText()).toBe('{"kill":"worker-1"}');
    await page.getByText(/lines for \/queen\/ctl need an approval/).waitFor();
    await page.getByTestId('effect').getByRole('cell', { name: 'worker-1' }).waitFor();
    await second.shots('approvals');
    expect(await second.axe()).toEqual([]);
  });
});
