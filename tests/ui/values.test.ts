// What the page shows is what the files say, value by value, after a day of a small hive; and what it sends is what the shell sends.

import { describe, expect, test } from 'vitest';
import { cat, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import {
  type Asked,
  CHIPS,
  cellsSaid,
  countsSaid,
  decidedSaid,
  detailsSaid,
  documents,
  type EntrySaid,
  entriesSaid,
  entryFacts,
  requestSaid,
  requestsSaid,
  rowSaid,
} from './said.ts';
import { cohHere, SCRIPTED, scriptedDay } from './scripted.ts';
import { differences, expectSame, factsShown, fieldsShown, rowsSaid, tableSaid, type Values } from './shown.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
type Client = Awaited<ReturnType<UiHive['client']>>;

/** Lists of Fleet by tab, and the fields that a tab leaves out. */
const LISTS: readonly (readonly [tab: string, file: string, without?: readonly string[]])[] = [
  ['workers', '/proc/fleet'],
  ['leases', '/proc/lease/active', ['state']],
  ['leases', '/proc/lease/waiting'],
  ['leases', '/proc/lease/resources'],
  ['leases', '/proc/lease/preemptions'],
  ['leases', '/proc/lease/quotas'],
  ['schedule', '/proc/schedule/queue'],
  ['schedule', '/proc/schedule/jobs'],
  ['gpus', '/proc/gpus'],
  ['hosts', '/proc/hosts/list'],
];

/** Files of each form: words, JSON, lines of JSON. */
const TEXTS = [
  '/proc/boot',
  '/proc/lifecycle/state',
  '/proc/lease/active',
  '/proc/schedule/jobs',
  '/proc/gpus',
  '/worker/worker-1/info',
  '/actions/pending',
  '/policy/rules',
];

async function day(): Promise<{ readonly hive: UiHive; readonly client: Client; readonly tab: Tab }> {
  const hive = await ui.hive(SCRIPTED);
  await scriptedDay(hive);
  return { hive, client: await hive.client(), tab: await ui.tab(hive) };
}

describe.skipIf(uiMissing !== undefined)('what the page shows is what the files say', () => {
  test('the header: each chip and its file', UI_TEST, async () => {
    const { client, tab } = await day();
    const chips = `[...document.querySelectorAll('.status-chip[data-file]')].map((chip) => [chip.dataset.file, chip.textContent])`;
    const shown = async (): Promise<Values> =>
      // How much of a counter is new is the page's own count.
      Object.fromEntries(
        (await tab.page.evaluate<[string, string][]>(chips)).map(([file, text]) => [
          file,
          text.replace(/ \(\+\d+\)$/, ''),
        ]),
      );
    const said = async (): Promise<Values> => {
      const files = Object.keys(CHIPS);
      const texts = await Promise.all(files.map((file) => cat(client, file)));
      return Object.fromEntries(files.map((file, index) => [file, CHIPS[file]?.(texts[index] ?? '') ?? '']));
    };
    await expectSame({ place: 'header', file: 'its files', shown, said });
    expect((await said())['/proc/lifecycle/state']).toBe('state DRAINING');
  });

  test('Live Hive: counts of the legend, and all of a worker', UI_TEST, async () => {
    const { client, tab } = await day();
    await tab.goTo('hive');
    const items = `[...document.querySelectorAll('.hive-legend [data-file="/proc/fleet"] li')].map((item) => {
      const count = item.querySelector('strong')?.textContent ?? '';
      return [item.textContent.slice(0, item.textContent.length - count.length).trim(), count];
    })`;
    await expectSame({
      place: 'hive legend',
      file: '/proc/fleet',
      shown: async () => Object.fromEntries(await tab.page.evaluate<[string, string][]>(items)),
      said: async () => countsSaid(await cat(client, '/proc/fleet')),
    });
    for (const { id = '' } of rowsSaid(await cat(client, '/proc/fleet'))) {
      await tab.goTo('hive', id);
      await expectSame({
        place: `hive details ${id}`,
        file: '/proc/fleet',
        shown: () => fieldsShown(tab, '.hive-fields'),
        said: async () => detailsSaid(await cat(client, '/proc/fleet'), id),
      });
      const info = `/worker/${id}/info`;
      await expect.poll(() => tab.page.locator(`pre[data-file="${info}"]`).textContent()).toBe(await cat(client, info));
    }
    await tab.goTo('hive', 'worker-1');
    await expect
      .poll(() => tab.page.locator('[data-file="/worker/worker-1/telemetry"] li').allTextContents())
      .toEqual((await cat(client, '/worker/worker-1/telemetry')).trimEnd().split('\n'));
  });

  test('Files: texts as `coh cat` has them; JSON by its values', UI_TEST, async () => {
    const { hive, tab } = await day();
    for (const path of TEXTS) {
      await tab.goTo('files', ...path.split('/').slice(1));
      const content = tab.page.locator(`main section[data-file="${path}"]`);
      await content.waitFor();
      const isJson = (await content.getAttribute('data-form')) === 'json';
      const said = await cohHere(hive, `coh cat ${path}`);
      expect(isJson, path).toBe(said.startsWith('{'));
      const shown = async (): Promise<unknown> => {
        const text = (await content.textContent()) ?? '';
        return isJson ? documents(text) : `${text}\n`;
      };
      await expect.poll(shown, { message: path }).toEqual(isJson ? documents(said) : said);
    }
  });

  test('Approvals: each request, and what was decided', UI_TEST, async () => {
    const { client, tab } = await day();
    await tab.goTo('approvals');
    const pending = async (): Promise<readonly Asked[]> => documents(await cat(client, '/actions/pending')) as Asked[];
    await expectSame({
      place: 'approvals',
      file: '/actions/pending',
      shown: () => fieldsShown(tab, '[data-file="/actions/pending"]', 'li'),
      said: async () => requestsSaid(await pending()),
    });
    for (const { id } of await pending()) {
      await tab.goTo('approvals', id);
      await expectSame({
        place: `approvals ${id}`,
        file: '/actions/pending',
        shown: () => factsShown(tab, `[data-request="${id}"] dl`, ['Time left']),
        said: async () => requestSaid((await pending()).find((one) => one.id === id)),
      });
    }
    await expectSame({
      place: 'approvals, decided',
      file: '/audit/decisions',
      shown: async () => {
        const cells = `[...document.querySelectorAll('table[data-file="/audit/decisions"] tbody tr')].map((row) => [
          row.querySelector('a').hash.split('/').at(-1), [...row.cells].slice(1).map((cell) => cell.textContent).join(' ')])`;
        return Object.fromEntries(await tab.page.evaluate<[string, string][]>(cells));
      },
      said: async () => decidedSaid(await cat(client, '/audit/decisions')),
    });
  });

  test('Audit: the timeline, and the fields of entries', UI_TEST, async () => {
    const { client, tab } = await day();
    await tab.goTo('audit');
    const rows = `[...document.querySelectorAll('[data-file="/audit/journal"] a[data-seq]')].map((row) => [row.dataset.seq, [
      row.querySelector('time').dateTime, row.querySelector('strong').textContent, row.querySelector('.audit-head code').textContent,
      row.querySelector('[data-tone="error"]')?.textContent ?? 'accepted', row.querySelector('.audit-line').textContent].join(' ')])`;
    const shown = async (): Promise<Values> => Object.fromEntries(await tab.page.evaluate<[string, string][]>(rows));
    const newest = async (): Promise<readonly EntrySaid[]> => {
      // Only the rows in view are drawn: the newest ones, as many as the page has.
      const entries = entriesSaid(await cat(client, '/audit/journal'));
      return entries.slice(-Math.max(NEWEST, Object.keys(await shown()).length));
    };
    await expectSame({
      place: 'audit',
      file: '/audit/journal',
      shown,
      said: async () => Object.fromEntries((await newest()).map((entry) => [String(entry.seq), rowSaid(entry)])),
    });
    for (const entry of (await newest()).filter(({ record }) => record.who.subject !== 'hive').slice(-3)) {
      await tab.goTo('audit', String(entry.seq));
      await expectSame({
        place: `audit ${entry.seq}`,
        file: '/audit/journal',
        shown: async () => ({
          ...(await factsShown(tab, `[data-line="${entry.seq}"] .audit-facts`)),
          line: (await tab.page.getByTestId('entry-line').textContent()) ?? '',
        }),
        said: async () => entryFacts(entry),
      });
    }
  });

  test('Fleet: every cell of every list; one that is altered is told by its name', UI_TEST, async () => {
    const { client, tab } = await day();
    const compared = (place: string, file: string, without?: readonly string[]) => ({
      place: `fleet ${place}`,
      file,
      shown: () => fieldsShown(tab, `main table[data-file="${file}"]`, 'tbody tr'),
      said: async () => tableSaid(rowsSaid(await cat(client, file)), without),
    });
    for (const [place, file, without] of LISTS) {
      await tab.goTo('fleet', place);
      await expectSame(compared(place, file, without));
      await tab.page.evaluate(
        `document.querySelector('main table[data-file="${file}"] td:last-child').textContent = 'altered'`,
      );
      expect(await differences(compared(place, file, without))).toEqual([
        expect.stringMatching(new RegExp(`^fleet ${place}: ${file}, row 1 \\w+: shown altered, said `)),
      ]);
    }
    await tab.goTo('fleet', 'leases', 'train');
    await expectSame({
      place: 'fleet details train',
      file: '/proc/lease/active',
      shown: () => fieldsShown(tab, '.fleet-details dl'),
      said: async () => cellsSaid(await cat(client, '/proc/lease/active'), 'train'),
    });
  });
});

describe.skipIf(uiMissing !== undefined)('what the page sends is what the shell sends', () => {
  test('a spawn of Fleet, and its shown command in a shell, are the same line of the journal', UI_TEST, async () => {
    const hive = await ui.hive(SCRIPTED);
    const { page, goTo } = await ui.tab(hive);
    await goTo('fleet');
    await page.getByLabel('Spawn').fill('heartbeat ticks=77');
    await page.getByRole('button', { name: 'Review' }).click();
    const [path, line, command] = await Promise.all(
      ['act-path', 'act-line', 'act-coh'].map((id) => page.getByTestId(id).textContent()),
    );
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText(/^Accepted/).waitFor();
    await cohHere(hive, command ?? '');
    const client = await hive.client();
    const sent = entriesSaid(await cat(client, '/audit/journal')).filter(({ record }) => record.path === path);
    expect(sent.map((entry) => entry.line)).toEqual([line, line]);
    const [one, other] = sent.map(({ record, outcome }) => ({
      role: record.who.role,
      decisions: record.decisions,
      ok: outcome.ok,
      changes: outcome.changes.map(({ capability, change }) => `${capability} ${change.kind}`),
      budget: outcome.changes[0]?.change.worker?.budget,
    }));
    expect(one?.budget).toMatchObject({ ticks: 77 });
    expect(one).toEqual(other);
  });
});

/** Newest entries that are compared at least. */
const NEWEST = 5;
