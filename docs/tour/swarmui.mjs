// Drives Debian's Chromium through SwarmUI as a person would, and keeps pictures. node swarmui.mjs LINK STEP…
//
// LINK is what `coh ui` prints: it signs in once. Steps, in order; each waits until it can be done, or ends the run:
//   go ADDRESS            what follows `#/`: `go fleet/leases`
//   see TEXT              waits until it is on the page
//   gone TEXT             waits until it is not
//   watch REGION TEXT     waits until a region (by its name) shows a match of a regular expression
//   click ROLE NAME       `click button Send`; also link, slider, …
//   focus ROLE NAME       as Tab does
//   fill LABEL = TEXT     types into a field
//   press KEY…            keys, one after another: `press Alt+6`, `press + + +`
//   drawn WHAT COUNT      waits until the canvas shows so many marks (discs), bees, pollen or pulses
//   rest SECONDS          lets the picture come to the screen
//   scroll REGION         scrolls until it is seen
//   say REGION            prints the text of a region, or how it begins; `say header` what the header says of the hive
//   shot NAME             keeps docs/tour/swarmui/NAME.webp
//   touch FILE            tells the script beside that all steps before are done
// Names are regular expressions that match from the start.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const SIZE = { width: 1280, height: 720 };
const STEP_MS = 40_000;
/** Characters that are printed of a region. */
const SAID_MAX = 300;
/** Lower until a picture is no larger than this. */
const PICTURE_BYTES_MAX = 60_000;
const QUALITIES = [82, 70, 55, 40, 25];

async function carryOut(page, step) {
  const [, verb, rest] = /^(\S+)\s*([\s\S]*)$/.exec(step);
  try {
    await VERBS[verb](page, rest);
  } catch (error) {
    const shown = await page.locator('body').innerText();
    const ends = shown.length > 2000 ? `${shown.slice(0, 500)}\n…\n${shown.slice(-1500)}` : shown;
    throw new Error(`${step}: ${error.message.split('\n')[0]}\nThe page shows:\n${ends}`);
  }
}

const VERBS = {
  go: (page, address) => page.evaluate(`location.hash = ${JSON.stringify(`#/${address}`)}`),
  see: (page, text) => page.getByText(startOf(text)).filter({ visible: true }).first().waitFor(),
  gone: (page, text) => page.getByText(startOf(text)).first().waitFor({ state: 'hidden' }),
  watch: (page, rest) => {
    const [, name, text] = /^(\S+) (.*)$/.exec(rest);
    return regionOf(page, name)
      .filter({ hasText: new RegExp(text) })
      .waitFor();
  },
  click: (page, rest) => control(page, rest).click(),
  focus: (page, rest) => control(page, rest).focus(),
  fill: (page, rest) => {
    const [, label, text] = /^(.*?) = (.*)$/.exec(rest);
    return page.getByLabel(startOf(label)).last().fill(text);
  },
  press: async (page, keys) => {
    for (const key of keys.split(' ')) await page.keyboard.press(key);
  },
  drawn: async (page, rest) => {
    const [what, count] = rest.split(' ');
    for (const endMs = Date.now() + STEP_MS; Date.now() < endMs; await page.waitForTimeout(50)) {
      const shown = await page.evaluate(`document.querySelector('.hive-canvas')?.dataset.${what}`);
      if (Number(shown) >= Number(count)) return;
    }
    throw new Error('The canvas shows fewer.');
  },
  rest: (page, seconds) => page.waitForTimeout(1000 * Number(seconds)),
  scroll: (page, name) => regionOf(page, name).scrollIntoViewIfNeeded(),
  say: async (page, name) => console.log(beginOf(await textOf(page, name))),
  shot,
  touch: (_, file) => writeFileSync(file, ''),
};

function regionOf(page, name) {
  if (name === 'header') return page.locator('header').first();
  return page.locator(`[aria-label="${name.replaceAll('_', ' ')}"]`).first();
}

function control(page, rest) {
  const [, role, name] = /^(\S+) (.*)$/.exec(rest);
  return page.getByRole(role, { name: startOf(name) }).first();
}

async function textOf(page, name) {
  const region = regionOf(page, name);
  return name === 'header' ? (await region.locator('.badge').allInnerTexts()).join(', ') : region.innerText();
}

function beginOf(text) {
  const said = text.replace(/\s+/g, ' ').trim();
  return said.length > SAID_MAX ? `${said.slice(0, SAID_MAX)}…` : said;
}

function startOf(text) {
  return new RegExp(`^\\s*(?:${text})`);
}

/** The page as it is on the screen, as WebP: Playwright itself writes PNG and JPEG only. */
async function shot(page, name) {
  const session = await page.context().newCDPSession(page);
  for (const quality of QUALITIES) {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length > PICTURE_BYTES_MAX && quality !== QUALITIES.at(-1)) continue;
    writeFileSync(join(import.meta.dirname, 'swarmui', `${name}.webp`), bytes);
    break;
  }
  await session.detach();
}

const [link, ...steps] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
try {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'dark', locale: 'en-GB', timezoneId: 'UTC' });
  context.setDefaultTimeout(STEP_MS);
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('navigation', { name: 'Places' }).waitFor();
  for (const step of steps) await carryOut(page, step);
} finally {
  await browser.close();
}
