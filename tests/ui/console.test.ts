// The console of the page in a browser: what is typed there gives, byte for byte, the transcript of `coh sh` on a hive of the same
// start; follow, stop, completion, history, paste; and nothing that a hive says steers the terminal.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { runTool } from '../support/tool.ts';
import { cat, echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import { GONE, type Tab } from './tab.ts';

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const SCRIPT_MS = 60_000;
const ui = uiForEach();

/** Lines whose answers say nothing of time, of ports or of the folder. */
const SCRIPT = [
  'ping',
  'whoami',
  'ls /',
  'ls /queen',
  'cat /proc/boot',
  'stat /queen/ctl',
  'cat /nope',
  'ls /proc/boot',
  'nothing /like this',
  'echo /proc/boot x',
  'echo /queen/ctl {"spawn":"heartbeat","ticks":1000}',
  'spawn heartbeat ticks=1000',
  'ls /worker',
  'kill worker-2',
  'kill worker-9',
  'bind /proc /shadow',
  'cat /shadow/boot',
  'mount nothing /logs',
  'help',
];

const log = ({ page }: Tab) => page.getByTestId('console-log');

async function type({ page }: Tab, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** Text of the plain view's lines. */
async function linesOf(tab: Tab): Promise<string[]> {
  return log(tab).locator('.console-line').allTextContents();
}

async function openConsole(tab: Tab): Promise<void> {
  await tab.goTo('console');
  await log(tab).getByText('Connected over 9p as queen').waitFor();
}

describe.skipIf(uiMissing !== undefined)('the console', () => {
  test('gives the transcript of coh sh', UI_TEST, async () => {
    const other = await ui.hive({ manifest: NO_APPROVALS });
    const file = join(other.data, 'lines.txt');
    writeFileSync(file, SCRIPT.map((line) => `${line}\n`).join(''));
    const kept = join(other.data, 'transcript.txt');
    const shell = `${process.execPath} ${COH} sh --data ${other.data} --transcript ${kept} < ${file}`;
    const ran = await runTool('/bin/sh', ['-c', `${shell} > /dev/null; cat ${kept}`], SCRIPT_MS);
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    await openConsole(tab);
    for (const line of SCRIPT) await type(tab, line);
    await log(tab).getByText('OK HELP').waitFor();
    await tab.page.getByRole('button', { name: 'Copy all' }).click();
    const copied = await tab.page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toBe(ran.stdout);
    expect(copied).toContain('coh> kill worker-9\nERR KILL');
    expect(await tab.axe()).toEqual([]);
    await tab.shots('console');
  });

  test('follows beside other lines until it is stopped', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    await openConsole(tab);
    await type(tab, 'tail -f /audit/journal');
    await log(tab).getByText('OK FOLLOW path=/audit/journal').waitFor();
    await echo(await hive.client(), '/queen/ctl', '{"spawn":"heartbeat","ticks":5}');
    await log(tab).locator('[data-line="data"]').getByText('heartbeat').first().waitFor();
    await type(tab, 'ping');
    await log(tab).getByText('OK PING').waitFor();
    await tab.page.keyboard.press('Control+c');
    await log(tab).getByText('OK STOP').waitFor();
    const lines = await linesOf(tab);
    expect(lines.slice(lines.indexOf('coh> stop'))).toEqual(['coh> stop', 'END', 'OK STOP']);
  });

  test('completes, remembers, and takes several pasted lines', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive({ manifest: NO_APPROVALS }));
    await openConsole(tab);
    const { keyboard } = tab.page;
    await keyboard.type('wh');
    await keyboard.press('Tab');
    await tab.page.locator('.xterm-rows').getByText('whoami').waitFor();
    await keyboard.press('Enter');
    await log(tab).getByText('OK WHOAMI role=queen').waitFor();
    await keyboard.type('cat /proc/lifecycle/st');
    await keyboard.press('Tab');
    await tab.page.locator('.xterm-rows').getByText('/proc/lifecycle/state').waitFor();
    await keyboard.press('Enter');
    await log(tab).getByText('state=ONLINE').waitFor();
    await tab.page.evaluate(`navigator.clipboard.writeText('ping\\nls /shard\\r\\nstat /pro')`);
    await keyboard.press('Control+v');
    await log(tab).getByText('coh> ls /shard').waitFor();
    await keyboard.type('c');
    await keyboard.press('Enter');
    await log(tab).getByText('OK STAT path=/proc kind=directory').waitFor();
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await expect.poll(async () => (await linesOf(tab)).filter((line) => line.startsWith('OK PING')).length).toBe(2);
  });

  test('keeps tickets out of what it shows and remembers', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    await openConsole(tab);
    await type(tab, `attach queen ${hive.ticket}`);
    await log(tab).getByText('OK ATTACH role=queen').waitFor();
    const shown = (): Promise<string | null> => tab.page.locator('main').textContent();
    // The terminal draws with the next picture, and until then has what was typed.
    await expect.poll(shown).not.toContain(hive.ticket.slice(0, 40));
    expect(await shown()).toContain('coh> attach queen <ticket>');
    await tab.page.keyboard.press('ArrowUp');
    expect(await tab.page.evaluate(`sessionStorage.getItem('cohesix.console.history')`)).toBe('[]');
  });

  test('is empty for the next one who signs in, with nothing recorded and no other session open', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const client = await hive.client();
    const sessions = async (): Promise<number> =>
      (await cat(client, '/proc/9p/session/all')).match(/door=9p/g)?.length ?? 0;
    const tab = await ui.tab(hive);
    const { page } = tab;
    await openConsole(tab);
    await type(tab, `attach queen ${hive.ticket}`);
    await log(tab).getByText('OK ATTACH role=queen').waitFor();
    await type(tab, 'stat /proc/boot');
    await log(tab).getByText('OK STAT').waitFor();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.getByText('Recording this session').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect.poll(sessions).toBe(1);
    await page.getByLabel('Ticket', { exact: true }).fill(hive.ticket);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await tab.live();
    await openConsole(tab);
    expect((await linesOf(tab)).join('\n')).not.toContain('OK STAT');
    expect(await page.getByRole('button', { name: 'Record', exact: true }).count()).toBe(1);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await type(tab, 'ping');
    await log(tab).getByText('OK PING').waitFor();
    expect((await linesOf(tab)).join('\n')).not.toContain('/proc/boot');
  });

  test('shows codes of a terminal, and does not obey them', UI_TEST, async () => {
    const tab = await ui.tab(await ui.hive({ manifest: NO_APPROVALS }));
    await openConsole(tab);
    // A person may paste anything: ESC ] 0 sets a title, ESC [ 2 J empties the screen, U+202E turns the text around.
    const evil = String.raw`ls /\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e<img src=x onerror=alert(1)>`;
    await tab.page.evaluate(`navigator.clipboard.writeText("${evil}\\n")`);
    await tab.page.keyboard.press('Control+v');
    await log(tab).getByText('ERR').first().waitFor();
    const shown = String.raw`\x1b]0;owned\x07\x1b[2J\x9b31m\u202e`;
    await expect.poll(() => tab.page.locator('.xterm-rows').textContent(), { timeout: 20_000 }).toContain(shown);
    expect(await tab.page.title()).not.toContain('owned');
    expect(await tab.page.locator('main img').count()).toBe(0);
  });

  test('says that the connection is lost, and that a line typed then is not sent', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const tab = await ui.tab(hive);
    tab.expectFaults(GONE);
    await openConsole(tab);
    await type(tab, 'follow /log/queen.log');
    await log(tab).getByText('OK FOLLOW').waitFor();
    await hive.stop();
    await log(tab).getByText('Not connected').waitFor();
    await type(tab, 'ping');
    await log(tab).getByText('Not sent: the page is not connected.').waitFor();
  });
});
