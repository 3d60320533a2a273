// Audit: the journal as a timeline, the proof of a record made in the page, and the hive as it was.

import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { cat, echo, signIn, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const LEASES = '/queen/lease/ctl';
const ui = uiForEach();

/** The number of the newest line of a file, once the log is signed up to it. */
async function lastSigned(hive: UiHive, path: string): Promise<number> {
  const client = await hive.client();
  const records = (await cat(client, '/audit/journal')).split('\n').filter((line) => line.includes(`"path":"${path}"`));
  const { seq } = JSON.parse(records.at(-1) ?? '{}') as { readonly seq: number };
  await expect
    .poll(async () => (JSON.parse(await cat(client, '/audit/export')) as { signed_records: number }).signed_records, {
      timeout: 20_000,
    })
    .toBeGreaterThanOrEqual(seq);
  return seq;
}

/** A hive in which a lease was granted, then renewed, then released. */
async function leased(): Promise<{ readonly hive: UiHive; readonly granted: number; readonly released: number }> {
  const hive = await ui.hive({ manifest: NO_APPROVALS });
  const client = await hive.client();
  await echo(client, LEASES, '{"op":"grant","id":"train","subject":"alice","resource":"gpu:GPU-0","ttl_s":600}');
  const granted = await lastSigned(hive, LEASES);
  await echo(client, LEASES, '{"op":"release","id":"train"}');
  return { hive, granted, released: await lastSigned(hive, LEASES) };
}

async function verdict({ page }: Tab): Promise<string | null> {
  await page.getByRole('button', { name: 'Verify in this page' }).click();
  const proof = page.getByTestId('proof');
  await expect.poll(() => proof.getAttribute('data-holds'), { timeout: 20_000 }).not.toBeNull();
  return proof.getAttribute('data-holds');
}

describe.skipIf(uiMissing !== undefined)('audit', () => {
  test(
    'an entry is opened from the timeline and proved: leaf, path, root, checkpoint, signature',
    UI_TEST,
    async () => {
      const { hive, released } = await leased();
      const tab = await ui.tab(hive);
      await tab.goTo('audit');
      await tab.page.getByRole('link', { name: '"release"' }).click();
      expect(await tab.page.getByTestId('entry-line').textContent()).toBe('{"op":"release","id":"train"}');
      expect(tab.page.url()).toContain(`#/audit/${released}`);
      expect(await verdict(tab)).toBe('true');
      const steps = await tab.page.locator('.audit-proof li strong').allTextContents();
      expect(steps.map((step) => step.replace(/,.*/, ''))).toEqual([
        'Leaf hash',
        'Path',
        '✓ Root',
        'Checkpoint',
        '✓ Signature',
      ]);
      await tab.shots('audit-proof');
      expect(await tab.axe()).toEqual([]);
    },
  );

  test('a record that is not what was signed is told in red', UI_TEST, async () => {
    const { hive, granted } = await leased();
    const tab = await ui.blank();
    // Somebody between the hive and the page makes another of alice's leases.
    await tab.page.routeWebSocket(/\/v1\/9p/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => server.send(message));
      server.onMessage((message) => socket.send(Buffer.from(forged(message), 'latin1')));
    });
    await signIn(tab, hive, { ticket: hive.ticket });
    await tab.goTo('audit', String(granted));
    expect(await tab.page.getByTestId('entry-line').textContent()).toContain('mallo');
    expect(await verdict(tab)).toBe('false');
    expect(await tab.page.getByTestId('proof').textContent()).toContain('TAMPERED');
    expect(await tab.page.locator('.audit-proof li[data-holds="false"] strong').allTextContents()).toEqual(['✗ Root']);
  });

  test('lines are filtered, and found by what they name', UI_TEST, async () => {
    const { hive, granted } = await leased();
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('audit');
    await page.getByLabel('File').fill('lease');
    await expect.poll(() => page.locator('.audit-row').count()).toBe(2);
    await page.getByLabel('File').fill('');
    await tab.goTo('audit', String(granted));
    await page
      .getByRole('link', { name: /train$/ })
      .first()
      .click();
    await page.getByText('Lines that name').waitFor();
    await expect.poll(() => page.locator('.audit-row').count()).toBe(2);
    expect(page.url()).toContain('#/audit/with/train');
  });

  test('every place shows the hive as it was: a lease that is gone is there', UI_TEST, async () => {
    const { hive, granted, released } = await leased();
    const tab = await ui.tab(hive);
    const { page } = tab;
    await tab.goTo('audit', String(released));
    await page.getByRole('button', { name: 'Hive before it' }).click();
    const banner = page.locator(`.scrub-banner[data-shown="${released - 1}"][data-mode="past"]`);
    await banner.waitFor();
    await tab.goTo('files', 'proc', 'lease', 'active');
    await page.locator('main').getByText(/train/).first().waitFor();
    await page.getByRole('slider', { name: 'Line of the journal' }).press('ArrowRight');
    await page.locator(`.scrub-banner[data-shown="${released}"]`).waitFor();
    await expect.poll(() => page.locator('main').textContent()).not.toContain('alice');
    await page.getByLabel(/^Line/).last().fill(String(granted));
    await page.getByRole('button', { name: 'Go', exact: true }).click();
    await page.locator('main').getByText(/alice/).first().waitFor();
    await tab.shots('past');
    expect(await tab.axe()).toEqual([]);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await tab.live();
    await expect.poll(() => page.locator('main').textContent()).not.toContain('alice');
  });

  test(
    'a line out of the past cannot be acted on, and one that is not there is refused in words',
    UI_TEST,
    async () => {
      const { hive, granted } = await leased();
      const tab = await ui.tab(hive, { theme: 'light', width: 360 });
      const { page } = tab;
      await tab.goTo('audit', String(granted));
      await page.getByRole('button', { name: 'Hive after it' }).click();
      await page.locator(`.scrub-banner[data-shown="${granted}"]`).waitFor();
      await tab.goTo('approvals');
      await page.getByText('No request is open.').waitFor();
      await page.getByRole('slider', { name: 'Line of the journal' }).press('Home');
      await page.locator('.scrub-banner[data-shown="1"]').waitFor();
      await tab.goTo('audit', '999999');
      await page.getByText(/has no line 999999/).waitFor();
    },
  );
});

/** The same message about another person with a name as long. */
function forged(message: string | Buffer): string {
  return Buffer.from(message as Buffer)
    .toString('latin1')
    .replaceAll('alice', 'mallo');
}
