// A recording of the page's own session, opened by the same page from a server that only has its files: every place that was looked at
// shows what it showed, the same trace gives the same picture, and nothing can be sent.

import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { NO_APPROVALS } from '../support/hive.ts';
import { runTool } from '../support/tool.ts';
import { cat, echo, UI_TEST, type UiHive, uiForEach, uiMissing } from './kit.ts';
import { PAGE_FOLDER } from './page-build.ts';
import type { Tab } from './tab.ts';

const ui = uiForEach();
const closers: (() => void)[] = [];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Serves the built page below a folder, and nothing else. */
async function serveFiles(): Promise<string> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname.replace(/^\/below\//, ''));
    const file = join(PAGE_FOLDER, path === '' || path === '.' ? 'index.html' : path);
    try {
      const content = readFileSync(file);
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/below/`;
}

const NAME = join(tmpdir(), `cohesix-replay-${process.pid}.trace`);

/** Records a visit to two places; the file. */
async function record(tab: Tab): Promise<Buffer> {
  const { page } = tab;
  const log = page.getByTestId('console-log');
  await tab.goTo('console');
  await log.getByText('Connected over 9p as queen').waitFor();
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await page.getByText('Recording this session').waitFor();
  await expect.poll(() => log.getByText('Connected over 9p as queen').count()).toBe(2);
  await page.locator('.xterm-helper-textarea').focus();
  for (const line of ['cat /proc/boot', 'spawn heartbeat ticks=1000', 'ls /worker']) {
    await page.keyboard.type(line);
    await page.keyboard.press('Enter');
  }
  await log.getByText('OK LS path=/worker').waitFor();
  await tab.goTo('files', 'proc', 'boot');
  await page.locator('main').getByText('Cohesix boot: hive online').first().waitFor();
  await tab.goTo('console');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Stop recording and save' }).click();
  return readFileSync((await (await download).path()) ?? '');
}

async function open(tab: Tab, file: string): Promise<void> {
  await tab.page.getByLabel('A recording').setInputFiles(file);
}

async function toEnd({ page }: Tab): Promise<void> {
  await page.getByLabel('Moment of the recording').focus();
  await page.keyboard.press('End');
  await page.getByTestId('replay-where').getByText('Replay complete').waitFor();
}

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));

/** A pack of a hive with some history. */
async function exported(): Promise<string> {
  const hive = await ui.hive({ manifest: NO_APPROVALS });
  const client = await hive.client();
  await echo(client, '/queen/ctl', '{"spawn":"heartbeat","ticks":1000}');
  const signed = async (): Promise<string> =>
    (await cat(client, '/audit/checkpoint').catch(() => '')).split('\n')[1] ?? '';
  await expect.poll(signed, { timeout: 20_000 }).toMatch(/^[2-9]$/);
  const pack = join(mkdtempSync(join(tmpdir(), 'cohesix-pack-')), 'pack');
  const ran = await runTool(process.execPath, [COH, 'audit', 'export', pack, '--data', hive.data], 30_000);
  if (ran.status !== 0) throw new Error(ran.stderr);
  closers.push(() => rmSync(join(pack, '..'), { recursive: true, force: true }));
  return pack;
}

describe.skipIf(uiMissing !== undefined)('evidence', () => {
  test('opens as the journal, checked in the browser, and is found out when it was changed', UI_TEST, async () => {
    const pack = await exported();
    const tab = await ui.blank();
    await tab.page.goto(await serveFiles());
    await tab.page.getByLabel('A folder of evidence').setInputFiles(pack);
    await tab.page.getByTestId('evidence').getByText('Evidence holds').waitFor();
    await tab.page.locator('main').getByText('heartbeat').first().waitFor();
    await tab.shots('evidence');
    expect(await tab.axe()).toEqual([]);
    await tab.page.getByRole('button', { name: 'Close' }).click();
    const bundle = join(pack, 'tile', 'entries', '000.p', readdirSync(join(pack, 'tile', 'entries', '000.p'))[0] ?? '');
    const bytes = readFileSync(bundle);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    writeFileSync(bundle, bytes);
    await tab.page.getByLabel('A folder of evidence').setInputFiles(pack);
    await tab.page.getByText('TAMPERED').waitFor();
    await tab.page.getByText('The records are not the ones that were signed').waitFor();
  });
});

describe.skipIf(uiMissing !== undefined)('a recording', () => {
  test('of the page shows the same with no server, each time', UI_TEST, async () => {
    const hive: UiHive = await ui.hive({ manifest: NO_APPROVALS });
    const live = await ui.tab(hive);
    const bytes = await record(live);
    await live.close();
    expect(bytes.includes(hive.ticket.slice(0, 40))).toBe(false);
    writeFileSync(NAME, bytes);
    await hive.stop();
    const url = await serveFiles();
    const pictures: Buffer[] = [];
    for (let round = 0; round < 2; round += 1) {
      const tab = await ui.blank();
      await tab.page.goto(url);
      await open(tab, NAME);
      await tab.page.getByText('REPLAY', { exact: true }).waitFor();
      await toEnd(tab);
      await tab.goTo('files', 'proc', 'boot');
      await tab.page.locator('main').getByText('Cohesix boot: hive online').first().waitFor();
      // The header reads its files by itself.
      for (const chip of ['ROOT OK', 'state ONLINE', 'policy 0'])
        await tab.page.getByText(chip, { exact: true }).waitFor();
      await tab.page.evaluate('document.fonts.ready');
      pictures.push(await tab.page.screenshot({ animations: 'disabled' }));
      if (round > 0) continue;
      await tab.shots('replay');
      expect(await tab.axe()).toEqual([]);
      await tab.goTo('console');
      await tab.page.locator('.xterm-helper-textarea').focus();
      for (const line of ['ls /worker', 'echo /queen/ctl {}']) {
        await tab.page.keyboard.type(line);
        await tab.page.keyboard.press('Enter');
      }
      const log = tab.page.getByTestId('console-log');
      await log.getByText('ERR ECHO reason=policy detail=unsupported').waitFor();
      await log.getByText('worker-1', { exact: true }).waitFor();
    }
    expect(pictures[0]?.equals(pictures[1] ?? Buffer.alloc(0))).toBe(true);
  });

  test('opens where there is no server at all: the page by a double click, from a disk', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    const live = await ui.tab(hive);
    writeFileSync(NAME, await record(live));
    await live.close();
    await hive.stop();
    const pack = await exported();
    const tab = await ui.blank();
    // A browser takes no module from a disk and says so, before the page loads its other form; nor does axe get at its style sheets there.
    tab.expectFaults(/blocked by CORS policy|ERR_FAILED|preload assets/);
    await tab.page.goto(pathToFileURL(join(PAGE_FOLDER, 'index.html')).href);
    await tab.page.getByText('This page was opened from a disk').waitFor();
    await open(tab, NAME);
    await toEnd(tab);
    for (const place of ['hive', 'console', 'approvals', 'audit', 'fleet']) await tab.goTo(place);
    await tab.goTo('files', 'proc', 'boot');
    await tab.page.locator('main').getByText('Cohesix boot: hive online').first().waitFor();
    await tab.shots('from-disk');
    expect(await tab.axe()).toEqual([]);
    await tab.page.getByRole('button', { name: 'Close' }).click();
    await tab.page.getByLabel('A folder of evidence').setInputFiles(pack);
    await tab.page.getByTestId('evidence').getByText('Evidence holds').waitFor();
  });

  test('plays, holds, steps and closes by the keyboard', UI_TEST, async () => {
    const hive = await ui.hive({ manifest: NO_APPROVALS });
    writeFileSync(NAME, await record(await ui.tab(hive)));
    const tab = await ui.blank();
    await tab.page.goto(await serveFiles());
    await open(tab, NAME);
    const where = tab.page.getByTestId('replay-where');
    await where.getByText(/^[1-9]\d* of \d+/).waitFor();
    await tab.page.getByRole('button', { name: 'Hold' }).click();
    await tab.page.getByLabel('Moment of the recording').focus();
    await tab.page.keyboard.press('Home');
    await where.getByText(/^0 of /).waitFor();
    await tab.page.keyboard.press('ArrowRight');
    await tab.page.keyboard.press('ArrowRight');
    await where.getByText(/^2 of /).waitFor();
    await tab.page.getByLabel('Speed').selectOption('20');
    await tab.page.getByLabel('Moment of the recording').focus();
    await tab.page.keyboard.press('Space');
    await where.getByText('Replay complete').waitFor();
    await tab.page.getByRole('button', { name: 'Close' }).click();
    await tab.page.getByRole('button', { name: 'Open a recording' }).waitFor();
  });

  test('that is damaged is refused in words', UI_TEST, async () => {
    writeFileSync(NAME, Buffer.from('COHTRACE and something that is none of it, long enough to be looked at'));
    const tab = await ui.blank();
    await tab.page.goto(await serveFiles());
    await open(tab, NAME);
    await tab.page.getByRole('alert').getByText('The trace was altered or is damaged').waitFor();
    expect(await tab.axe()).toEqual([]);
  });
});
