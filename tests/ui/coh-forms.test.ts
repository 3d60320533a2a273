// The command that a review shows is the act: for each kind of act of each place the command is run in a shell, and the hive then has
// exactly the line that the review showed. The page itself sends nothing here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cohForm } from '@cohesix/swarmui';
import { describe, expect, test } from 'vitest';
import { cat, echo, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import { cohHere, SCRIPTED, scriptedDay } from './scripted.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();

/** An act of a place, up to its review. */
interface Case {
  readonly name: string;
  readonly at: readonly [place: string, ...rest: string[]];
  readonly open: (tab: Tab) => Promise<void>;
}

const press =
  (name: string, isExact = true) =>
  ({ page }: Tab): Promise<void> =>
    page.getByRole('button', { name, exact: isExact }).first().click();

/** In an order in which none takes away what a later one is about. */
const CASES: readonly Case[] = [
  {
    name: 'Files: a line of a form',
    at: ['files', 'settings', 'ctl'],
    open: async (tab) => {
      const line = '{"set":{"note":"it\'s $HOME and \\"hers\\""}}';
      await tab.page.getByLabel('The line, as it is sent').fill(line);
      await press('Review')(tab);
    },
  },
  { name: 'Live Hive: end a worker', at: ['hive', 'worker-2'], open: press('Stop it…') },
  { name: 'Fleet: kill', at: ['fleet', 'workers', 'worker-3'], open: press('Kill') },
  {
    name: 'Fleet: spawn',
    at: ['fleet', 'workers'],
    open: async (tab) => {
      await tab.page.getByLabel('Spawn').fill('heartbeat ticks=77');
      await press('Review')(tab);
    },
  },
  { name: 'Fleet: renew a lease', at: ['fleet', 'leases', 'train'], open: press('Renew') },
  { name: 'Fleet: release a lease', at: ['fleet', 'leases', 'train'], open: press('Release') },
  { name: 'Fleet: cancel a job', at: ['fleet', 'schedule', 'sooner'], open: press('Cancel') },
];

/** The file of a ticket that a hive makes when it starts. */
function ticketOf({ data }: UiHive, who: string): string {
  return join(data, 'run', `${who}.ticket`);
}

const shown = ({ page }: Tab, id: string): Promise<string> => page.getByTestId(id).innerText();

/** Newest line of the journal for a file. */
async function newest(hive: UiHive, path: string): Promise<string | undefined> {
  const records = (await cat(await hive.client(), '/audit/journal')).trimEnd().split('\n');
  const of = records.map((text) => JSON.parse(text) as { readonly path: string; readonly lines: readonly string[] });
  return of.findLast((record) => record.path === path)?.lines.at(-1);
}

/** Runs the command of the review that is open, and compares; `as`: with whose ticket. */
async function sameInShell(hive: UiHive, tab: Tab, as = 'queen'): Promise<void> {
  const [path, line, command] = [
    await shown(tab, 'act-path'),
    await shown(tab, 'act-line'),
    await shown(tab, 'act-coh'),
  ];
  expect(await newest(hive, path), `${command} before it is run`).not.toBe(line);
  await cohHere(hive, `export COH_TICKET='${ticketOf(hive, as)}'\n${command}`);
  expect(await newest(hive, path), command).toBe(line);
  await press('Cancel')(tab);
  await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe.skipIf(uiMissing !== undefined)('the command that a review shows', () => {
  test('does the same: Files, Live Hive, Fleet', { timeout: 300_000 }, async () => {
    const hive = await ui.hive(SCRIPTED);
    await scriptedDay(hive);
    await cohHere(hive, `COH_TICKET='${ticketOf(hive, 'approver')}' coh approve asked && coh lifecycle resume`);
    const tab = await ui.tab(hive);
    for (const { name, at, open } of CASES) {
      await tab.goTo(...at);
      await open(tab);
      await tab.page
        .getByTestId('act-coh')
        .waitFor()
        .catch((error) => {
          throw new Error(`${name}: ${String(error)}`);
        });
      await sameInShell(hive, tab);
    }
  });

  test('does the same: asking for an approval, denying, approving', UI_TEST, async () => {
    const hive = await ui.hive();
    const client = await hive.client();
    const queen = await ui.tab(hive);
    await queen.goTo('fleet', 'workers', 'worker-1');
    await press('Kill')(queen);
    await press('Send')(queen);
    await queen.page.getByTestId('ask').waitFor();
    const [line, command] = [await shown(queen, 'ask-line'), await shown(queen, 'ask-coh')];
    await cohHere(hive, command);
    expect(await newest(hive, '/actions/queue')).toBe(line);
    const request = { target: '/queen/ctl', line: '{"kill":"worker-1"}', decision: 'request' };
    await echo(client, '/actions/queue', JSON.stringify({ id: 'other', ...request }));
    const second = await ui.tab(hive, { who: { ticket: readFileSync(ticketOf(hive, 'approver'), 'utf8').trim() } });
    for (const [id, decision] of [
      ['other', 'Deny d'],
      [(JSON.parse(line) as { id: string }).id, 'Approve a'],
    ] as const) {
      await second.goTo('approvals', id);
      await press(decision)(second);
      await sameInShell(hive, second, 'approver');
    }
  });

  test('is a file of any name and a line of any text, also one that a terminal would obey', UI_TEST, async () => {
    const hive = await ui.hive(SCRIPTED);
    const path = '/worker/worker-1/telemetry';
    await echo(await hive.client(), '/queen/ctl', '{"spawn":"heartbeat","ticks":100}');
    const lines = [
      '-5 degrees',
      '-',
      'it\'s $HOME `id` \\n "x" !',
      '100 % \\101',
      'caf\u00e9 \u202eright to left\u202c',
      '--help',
    ];
    for (const line of lines) await cohHere(hive, cohForm({ path, line }));
    const kept = (await cat(await hive.client(), path)).trimEnd().split('\n');
    expect(kept.slice(-lines.length)).toEqual(lines);
  });
});
