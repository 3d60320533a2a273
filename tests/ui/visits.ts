// A round through all places, as a person makes it who uses each: what a page does again and again while it stays open.

import type { Tab } from './tab.ts';

/** What a person does at each place; each ends where it began. */
export const VISITS: readonly ((tab: Tab) => Promise<void>)[] = [
  async (tab) => {
    await tab.goTo('hive', 'worker-1');
    await tab.page.getByText('worker-1').first().waitFor();
  },
  async (tab) => {
    await tab.goTo('files', 'worker', 'worker-1', 'telemetry');
    await tab.goTo('files', 'proc', 'boot');
    await tab.page.getByText('Cohesix boot: hive online').first().waitFor();
  },
  async (tab) => {
    await tab.goTo('approvals');
    await tab.page.keyboard.press('Control+k');
    await tab.page.getByRole('combobox').fill('worker');
    await tab.page.getByRole('option').first().waitFor();
    await tab.page.keyboard.press('Escape');
    await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
  },
  async (tab) => {
    await tab.goTo('audit');
    await tab.page.locator('.audit-row a').first().click();
    await tab.page.getByRole('button', { name: 'Hive after it' }).click();
    await tab.page.locator('.scrub-banner[data-mode="past"]').waitFor();
    await tab.page.getByRole('button', { name: 'Back to now' }).click();
    await tab.live();
  },
  async (tab) => {
    await tab.goTo('fleet', 'workers', 'worker-1');
    await tab.page.getByRole('button', { name: 'Kill' }).click();
    await tab.page.getByTestId('act-line').waitFor();
    await tab.page.getByRole('button', { name: 'Cancel' }).click();
    await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
  },
  async (tab) => {
    await tab.goTo('console');
    await tab.page.locator('.xterm-helper-textarea').focus();
    await tab.page.keyboard.type('stat /proc\n');
    await tab.page.keyboard.type('ls /worker\n');
    await tab.page.getByTestId('console-log').getByText('OK LS path=/worker').first().waitFor();
    await tab.page.getByRole('button', { name: 'Clear' }).click();
  },
];
