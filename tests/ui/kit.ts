// What tests of the page start with: the page as it is built, a hive that serves it (`coh up`, a child process), and tabs of Debian's
// Chromium. What a tab complains of (CSP, errors of scripts, of the console, requests to elsewhere) fails the test that opened it.
//
//   const ui = uiForEach();
//   test('…', async () => {
//     const hive = await ui.hive();
//     const tab = await ui.tab(hive);        // signed in as the queen
//     await tab.goTo('files', 'proc', 'boot');
//   });

import { fileURLToPath } from 'node:url';
import { connect, type HiveClient, makeSignInCode, realTimers, signInLink } from '@cohesix/client';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type HiveOptions, startHive, type TestHive } from '../support/hive.ts';
import { runTool, toolMissing } from '../support/tool.ts';
import { ensurePage } from './page-build.ts';
import { openTab, type Tab, type TabOptions } from './tab.ts';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';
/** WebGL in software, as machines without a GPU have it (ANGLE on SwiftShader). */
const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

/** A test with a hive and a browser takes seconds; the machine may be busy. */
export const UI_TEST: { readonly timeout: number } = { timeout: 120_000 };

/** Who looks. */
export interface Who {
  readonly ticket: string;
  /** Default: queen. */
  readonly role?: string;
  readonly subject?: string;
}

/** A running hive, and its page. */
export interface UiHive extends TestHive {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The queen's session from this process, to say what the files say; ended with the test. */
  client(): Promise<HiveClient>;
}

/** What a test asks for. */
export interface Ui {
  /** Starts a hive; ended with the test. */
  hive(options?: HiveOptions): Promise<UiHive>;
  /** A tab of its own profile, signed in with a ticket, the queen's unless another is given. */
  tab(hive: UiHive, options?: TabOptions & { readonly who?: Who }): Promise<Tab>;
  /** A tab that shows nothing yet. */
  blank(options?: TabOptions): Promise<Tab>;
}

/** Starts and ends what tests of a file ask for. Called at the top of the file. */
export function uiForEach(): Ui {
  const missing = toolMissing(CHROMIUM, 'chromium');
  const ends: (() => unknown)[] = [];
  const tabs: Tab[] = [];
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (missing === undefined) await ensurePage();
  });
  afterEach(async () => {
    const faults = tabs.splice(0).flatMap(({ faults }) => faults());
    for (const end of ends.splice(0).reverse()) await end();
    expect(faults, 'what the page complained of').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });
  const blank = async (options: TabOptions = {}): Promise<Tab> => {
    browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const tab = await openTab(browser, options);
    tabs.push(tab);
    ends.push(() => tab.close());
    return tab;
  };
  return {
    blank,
    hive: (options = {}) => hiveWithPage(options, ends),
    async tab(hive, { who, ...options } = {}) {
      const tab = await blank(options);
      await signIn(tab, hive, who ?? { ticket: hive.ticket });
      return tab;
    },
  };
}

/** Why tests of the page cannot run here; for `describe.skipIf` and its title. */
export const uiMissing: string | undefined = toolMissing(CHROMIUM, 'chromium');

async function hiveWithPage(options: HiveOptions, ends: (() => unknown)[]): Promise<UiHive> {
  const hive = await startHive(options);
  ends.push(() => hive.stop());
  const url = httpOf(hive);
  const client = async (): Promise<HiveClient> => {
    const made = await connect({ url: `9p://127.0.0.1:${hive.ninepPort}`, role: 'queen', ticket: hive.ticket });
    if (!made.ok) throw new Error(made.refusal.detail);
    ends.push(() => made.value.close());
    return made.value;
  };
  return { ...hive, url, client };
}

function httpOf(hive: TestHive): string {
  const line = hive
    .output()
    .split('\n')
    .find((one) => one.startsWith('{'));
  return (JSON.parse(line ?? '{}') as { readonly http: string }).http;
}

/** A one-time link for a ticket. */
export async function linkFor(hive: Pick<UiHive, 'url'>, { ticket }: Who): Promise<string> {
  const made = await makeSignInCode(ticket, { url: hive.url, timers: realTimers });
  if (!made.ok) throw new Error(made.refusal.detail);
  return signInLink(hive.url, made.value.code);
}

/** Signs a tab in as the page does that was signed in before (what `session.ts` keeps), and waits until it is live. */
export async function signIn({ page, live }: Tab, { url }: Pick<UiHive, 'url'>, who: Who): Promise<void> {
  const kept = JSON.stringify({ role: 'queen', ...who });
  await page.goto(`${url}/icon.svg`); // Something of the same origin that has no script.
  await page.evaluate(`sessionStorage.setItem('cohesix.session', ${JSON.stringify(kept)})`);
  await page.goto(`${url}/`);
  await live();
}

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const COH_MS = 30_000;

/** Runs a command of `coh` on the folder of a hive; what it printed. @throws Error with its words when it fails. */
export async function coh({ data }: Pick<TestHive, 'data'>, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runTool(process.execPath, [COH, '--data', data, ...args], COH_MS);
  if (status !== 0) throw new Error(`coh ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The text of a file, as whoever holds the client reads it. */
export async function cat(client: HiveClient, path: string): Promise<string> {
  const content = await client.read(path);
  if (!content.ok) throw new Error(`${path}: ${content.refusal.detail}`);
  return new TextDecoder().decode(content.value);
}

/** Appends a line, LF added. @throws Error with the hive's words when it is refused. */
export async function echo(client: HiveClient, path: string, line: string): Promise<void> {
  const appended = await client.append(path, line);
  if (!appended.ok) throw new Error(`${path}: ${(await client.explain()) ?? appended.refusal.detail}`);
}
