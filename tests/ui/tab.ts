// A tab of a browser as a test sees it: goes to places, is looked at (axe, pictures), and keeps what it complained of.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** How a tab looks. */
export interface TabOptions {
  /** CSS pixels; default 1280 x 800. */
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'dark' | 'light';
  readonly reducedMotion?: boolean;
}

/** A finding of axe. */
export interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  /** Selectors. */
  readonly where: readonly string[];
}

/** What a browser says in its console when the hive of a page goes away. */
export const GONE: RegExp = /WebSocket|ERR_(?:CONNECTION_(?:REFUSED|RESET)|EMPTY_RESPONSE)/;

/** A tab. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What it complained of, but for what is expected; and what it asked elsewhere than over its WebSocket. */
  faults(): readonly string[];
  /** Complaints that the test brings about. */
  expectFaults(pattern: RegExp): void;
  /** Waits until the page is signed in and hears the hive. */
  live(): Promise<void>;
  /** Goes to a place by its address and waits until it is there. */
  goTo(place: string, ...rest: readonly string[]): Promise<void>;
  /** Findings of axe that are serious or critical; of the whole page, or below a selector. */
  axe(): Promise<readonly Finding[]>;
  /** Pictures at widths 360, 1280 and 2560, in the folder of pictures as `NAME-WIDTH-THEME.png`. */
  shots(name: string, widths?: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures go: CI keeps this folder. */
const SHOTS = process.env.COHESIX_UI_SHOTS ?? join(tmpdir(), 'cohesix-ui-shots');
const WAIT_MS = 20_000;
const HEIGHT = 800;

/** Opens a tab with a profile of its own. */
export async function openTab(browser: Browser, options: TabOptions): Promise<Tab> {
  const { width = 1280, height = HEIGHT, theme = 'dark', reducedMotion = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  const expected: RegExp[] = [];
  await listen(page, faults);
  return {
    page,
    context,
    faults: () => faults.filter((fault) => !expected.some((pattern) => pattern.test(fault))),
    expectFaults: (pattern) => void expected.push(pattern),
    live: () => live(page),
    goTo: (place, ...rest) => goTo(page, place, rest),
    axe: () => axe(page),
    shots: (name, widths = [360, 1280, 2560]) => shots(page, `${name}`, { widths, theme }),
    close: () => context.close(),
  };
}

/** Scripts of the page are strings here: tests are compiled without the DOM. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  __fault('CSP ' + event.violatedDirective + ': ' + event.blockedURI + ' at ' + event.sourceFile + ':' + event.lineNumber);
});`;

/** What nobody should ever see of a page: each becomes a line. */
async function listen(page: Page, faults: string[]): Promise<void> {
  await page.exposeFunction('__fault', (text: string) => void faults.push(text));
  await page.addInitScript(TELL_VIOLATIONS);
  page.on('pageerror', (error) => void faults.push(`error ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const [own, asked] = [originOf(page.url()), originOf(request.url())];
    if (own !== asked && asked.startsWith('http') && own.startsWith('http')) faults.push(`request to ${request.url()}`);
    // What it shows comes over the WebSocket, which is no request; only a link is redeemed over HTTP.
    if (API.test(request.url()) && !request.url().endsWith('/v1/signin/redeem'))
      faults.push(`API asked: ${request.url()}`);
  });
}

const API = /^https?:\/\/[^/]+\/v1\//;

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** @throws Error with what the page shows instead. */
async function live(page: Page): Promise<void> {
  try {
    await page.getByText(/^LIVE/).first().waitFor();
  } catch {
    throw new Error(`the page is not live; it shows: ${await page.locator('body').innerText()}`);
  }
}

async function goTo(page: Page, place: string, rest: readonly string[]): Promise<void> {
  const hash = `#/${[place, ...rest].map(encodeURIComponent).join('/')}`;
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.locator(`main[data-place="${place}"]`).waitFor();
  await page.locator('main .place-loading').waitFor({ state: 'detached' });
}

async function axe(page: Page): Promise<readonly Finding[]> {
  await page.evaluate(AXE);
  return page.evaluate<readonly Finding[]>(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes.map(({ target }) => target.join(' ')) })))`);
}

interface ShotOptions {
  readonly widths: readonly number[];
  readonly theme: string;
}

async function shots(page: Page, name: string, { widths, theme }: ShotOptions): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 720 ? 780 : Math.round((width * 9) / 16) });
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    await page.screenshot({ path: join(SHOTS, `${name}-${width}-${theme}.png`), animations: 'disabled' });
  }
  if (before !== null) await page.setViewportSize(before);
}
