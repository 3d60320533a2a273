// Every string that gets from a hive into the page is text: a corpus of what browsers, terminals, templates and tables would obey goes through
// telemetry, control lines, approvals, subjects, workers' names in addresses and paths. Nothing runs, nothing is loaded, no dialog opens.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { coh, echo, UI_TEST, uiForEach, uiMissing } from './kit.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();

/** Each sets a global, loads something or opens a dialog where it is obeyed. */
const CORPUS: readonly string[] = [
  '<img src=x onerror="window.obeyed=1">',
  '<script>window.obeyed=1</script>',
  '"><svg onload=window.obeyed=1>',
  "'-window.obeyed=1-'",
  '<a href="javascript:window.obeyed=1">go</a>',
  '<iframe srcdoc="<script>parent.obeyed=1</script>"></iframe>',
  '<style>*{display:none}</style>',
  '<link rel=stylesheet href=//192.0.2.1/x.css>',
  '<meta http-equiv=refresh content="0;url=//192.0.2.1/">',
  '{{constructor.constructor("window.obeyed=1")()}}',
  '$' + '{window.obeyed=1}',
  '\u202e)1=deyebo.wodniw(\u202c',
  '\u001b[2J\u001b]0;obeyed\u0007\u001b[31m',
  '=HYPERLINK("http://192.0.2.1/","obeyed")',
  '![x](http://192.0.2.1/x.png) [y](javascript:window.obeyed=1)',
  '&lt;script&gt;window.obeyed=1&lt;/script&gt;',
];

/** What none of them may bring into the page. */
const OBEYED = `[
  window.obeyed !== undefined && 'a script ran',
  document.title !== 'SwarmUI' && 'the title is ' + document.title,
  ...[...document.querySelectorAll('main img, main iframe, main script, main style, main link, meta[http-equiv], [onerror], [onload]')].map(
    (one) => one.outerHTML.slice(0, 80)),
  ...[...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href')).filter((href) => /^\\s*(javascript|data):/i.test(href)),
].filter(Boolean)`;

/** As long as a subject may be, and no text of JSON is broken by it. */
const MARKUP = '<img src=x onerror=window.obeyed=1><svg onload=window.obeyed=1>';
/** Places that show who did something. */
const VISITED: readonly [string, ...string[]][] = [['audit'], ['files', 'queen', 'ctl']];

/** A recording of a session that looks at those places. */
async function recorded(tab: Tab): Promise<Buffer> {
  const { page } = tab;
  await tab.goTo('console');
  const log = page.getByTestId('console-log');
  await log.getByText('Connected over 9p').waitFor();
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await page.getByText('Recording this session').waitFor();
  await expect.poll(() => log.getByText('Connected over 9p').count()).toBe(2);
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.type('spawn heartbeat ticks=1000\n');
  await log.getByText('OK SPAWN').waitFor();
  for (const [place, ...rest] of VISITED) {
    await tab.goTo(place, ...rest);
    await page.locator('main').getByText('ssssssss').first().waitFor();
  }
  await tab.goTo('console');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Stop recording and save' }).click();
  return readFileSync((await (await download).path()) ?? '');
}

/** The same recording with other words of the same length in it, and a digest that fits (trace-file.ts: the last 32 bytes). */
function forged(trace: Buffer, from: string, to: string): Buffer {
  const body = Buffer.from(trace.subarray(0, -32).toString('latin1').replaceAll(from, to), 'latin1');
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

async function untouched({ page }: Tab, where: string): Promise<void> {
  expect(await page.evaluate(OBEYED), where).toEqual([]);
}

describe.skipIf(uiMissing !== undefined)('strings of the hive', () => {
  test('telemetry is text in Live Hive, Files and Console, line by line', UI_TEST, async () => {
    const hive = await ui.hive({
      manifest: `${NO_APPROVALS}\n[workers]\nheartbeat_interval_ms = 3600000\nstart = []\n`,
    });
    const client = await hive.client();
    await echo(client, '/queen/ctl', '{"spawn":"heartbeat","ticks":1000000}');
    const path = '/worker/worker-1/telemetry';
    // Codes for terminals do not get so far: the hive takes no control characters in telemetry.
    const isPlain = (line: string): boolean => !line.includes('\u001b');
    for (const line of CORPUS.filter(isPlain)) await echo(client, path, line);
    await expect(echo(client, path, '\u001b[2J')).rejects.toThrow('control character');
    const tab = await ui.tab(hive);
    await tab.goTo('files', 'worker', 'worker-1', 'telemetry');
    for (const line of CORPUS.filter((one) => one.startsWith('<'))) await tab.page.getByText(line).first().waitFor();
    await untouched(tab, 'files');
    await tab.goTo('hive', 'worker-1');
    await tab.page
      .getByText(CORPUS[0] ?? '')
      .first()
      .waitFor();
    await untouched(tab, 'hive');
    await tab.goTo('console');
    await tab.page.locator('.xterm-helper-textarea').focus();
    await tab.page.keyboard.type(`cat ${path}\n`);
    await tab.page.getByText('HYPERLINK').first().waitFor();
    await untouched(tab, 'console');
  });

  test('lines of requests and of the journal are text in Approvals, Audit and the palette', UI_TEST, async () => {
    const hive = await ui.hive();
    const client = await hive.client();
    for (const [index, text] of CORPUS.entries())
      await echo(
        client,
        '/actions/queue',
        JSON.stringify({
          id: `r${index}`,
          target: '/queen/ctl',
          line: JSON.stringify({ kill: text }),
          decision: 'request',
        }),
      );
    const tab = await ui.tab(hive);
    await tab.goTo('approvals');
    await tab.page.getByText('onerror').first().waitFor();
    await untouched(tab, 'approvals');
    await tab.goTo('audit');
    await tab.page.getByText('/actions/queue').first().waitFor();
    await untouched(tab, 'audit');
    await tab.page.keyboard.press('Control+k');
    await tab.page.getByRole('combobox', { name: /Place, worker/ }).fill('onerror');
    await tab.page
      .getByRole('option', { name: /onerror/ })
      .first()
      .waitFor();
    await untouched(tab, 'palette');
  });

  test('subjects and roles of a recording that somebody changed are text', UI_TEST, async () => {
    // A hive makes no ticket with such a subject; a file of a recording has no key, and may say anything.
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const innocent = 's'.repeat(MARKUP.length);
    await expect(coh(hive, 'ticket', 'mint', '--role', 'queen', '--subject', MARKUP)).rejects.toThrow(
      'subject must be',
    );
    const ticket = (await coh(hive, 'ticket', 'mint', '--role', 'queen', '--subject', innocent)).trim();
    const tab = await ui.tab(hive, { who: { ticket, subject: innocent } });
    const trace = forged(await recorded(tab), innocent, MARKUP);
    const other = await ui.blank();
    await other.page.goto(`${hive.url}/`);
    await other.page.getByLabel('A recording').setInputFiles({ name: 'forged.trace', mimeType: '', buffer: trace });
    await other.page.getByLabel('Moment of the recording').focus();
    await other.page.keyboard.press('End');
    await other.page.getByTestId('replay-where').getByText('Replay complete').waitFor();
    for (const [place, ...rest] of VISITED) {
      await other.goTo(place, ...rest);
      await other.page.locator('main').getByText(MARKUP.slice(0, 30)).first().waitFor();
      await untouched(other, `replay ${place}`);
    }
  });

  test('an address is not obeyed either', UI_TEST, async () => {
    const hive = await ui.hive();
    const tab = await ui.tab(hive);
    for (const text of CORPUS)
      for (const place of ['files', 'hive', 'audit', 'approvals', 'fleet']) {
        await tab.goTo(place, text);
        await untouched(tab, `${place} ${text}`);
      }
    await tab.page.goto(`${hive.url}/#/%E0%A4%A`);
    await untouched(tab, 'an address that does not decode');
  });
});
