// `ui`: what the page costs in Debian's Chromium, which renders in software here; frames per second measure its rasteriser, so the script's
// time of a picture is what counts. Parts:
//
// script   script time of a picture (update and render): moving workers with labels, particles
// frames   frames per second beside a bare Pixi page with as many sprites, each picture read back so that it is finished, in turns; ours
//          draws all there is, where the page would draw less once it is slow
// events   the longest task and the time from a key to the paint that shows it (Event Timing) while 10,000 events/s arrive
// load     from the request of the page to a hive that is shown, on a hive of `coh up`

import type { Page } from 'playwright-core';
import type { Verdict } from '../bars.ts';
import { type Machine, machine, median } from '../report.ts';
import { judgeUi } from './bars.ts';
import { measureLoad } from './load.ts';
import { chromium, type Pages, servePages } from './pages.ts';

/** How long, and how often. */
export interface UiOptions {
  /** Pictures of a row of `script`. */
  readonly pictures: number;
  /** Seconds of a stretch of `frames` and `events`. */
  readonly seconds: number;
  /** Rounds in which pages take turns, and loads. */
  readonly rounds: number;
  /** Runs only the parts whose name has this in it. */
  readonly only?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Script time of a picture. */
export interface ScriptRow {
  readonly scene: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Workers, their labels and grains in the last picture. */
  readonly drawn: Drawn;
}

/** What was drawn (apps/swarmui, drawing.ts). */
interface Drawn {
  readonly bees: number;
  readonly labels: number;
  readonly pollen: number;
}

/** Everything a run found; parts that did not run are absent. */
export interface UiReport {
  readonly benchmark: 'ui';
  readonly machine: Machine;
  readonly browser: string;
  readonly script: readonly ScriptRow[];
  /** Frames per second. */
  readonly frames?: { readonly sprites: number; readonly ours: number; readonly bare: number };
  /** Over `events` a second that arrived. */
  readonly events?: { readonly perSecond: number; readonly longestTaskMs: number; readonly inputP95Ms: number };
  /** Median of the loads, ms. */
  readonly usableMs?: number;
  readonly verdicts: readonly Verdict[];
}

/** Scenes of `script`; the first on a stage that holds all its workers at a zoom that labels them. */
const SCENES = [
  { scene: '1,000 workers with labels', workers: 1000, particles: 240, zoom: 0.75, width: 1920, height: 1200, full: 1 },
  { scene: '10,000 particles', workers: 1, particles: 10_000, zoom: 0, full: 1 },
  { scene: '100,000 particles', workers: 1, particles: 100_000, zoom: 0, full: 1 },
] as const;
const WORKERS = 1000;
const EVENTS_PER_SECOND = 10_000;
/** The browser tells of no shorter times from an event to its paint, and in steps of 8 ms (Event Timing, section 3). */
const SHORTEST_MS = 16;
/** Keys pressed in a stretch, for each second. */
const KEYS_PER_SECOND = 8;

/** Runs the benchmark. @throws Error when something does not come up. */
export async function ui(options: UiOptions): Promise<UiReport> {
  const isWanted = (part: string): boolean => options.only === undefined || part.includes(options.only);
  const browser = await chromium();
  const pages = await servePages(browser);
  try {
    const script = isWanted('script') ? await measureScript(pages, options) : [];
    const frames = isWanted('frames') ? await measureFrames(pages, options) : undefined;
    const events = isWanted('events') ? await measureEvents(pages, options) : undefined;
    const usableMs = isWanted('load') ? await measureLoad(browser, options) : undefined;
    const found = {
      benchmark: 'ui' as const,
      machine: machine(),
      browser: browser.version(),
      script,
      ...(frames === undefined ? {} : { frames }),
      ...(events === undefined ? {} : { events }),
      ...(usableMs === undefined ? {} : { usableMs }),
    };
    return { ...found, verdicts: judgeUi(found) };
  } finally {
    await pages.close();
    await browser.close();
  }
}

async function measureScript(pages: Pages, { pictures, onProgress, signal }: UiOptions): Promise<readonly ScriptRow[]> {
  const rows: ScriptRow[] = [];
  for (const { scene, ...scale } of SCENES) {
    if (signal.aborted) throw new Error('stopped');
    onProgress(`script: ${scene}`);
    const page = await pages.open('hive.html');
    await page.evaluate(
      `hiveBench.open(${JSON.stringify(scale)}).then((made) => { globalThis.made = made; made.pictures(5); })`,
    );
    const times = await page.evaluate<number[]>(`made.pictures(${pictures})`);
    const drawn = await page.evaluate<Drawn>('({ ...made.show.drawn })');
    rows.push({ scene, medianMs: median(times), p95Ms: quantile(times, 0.95), drawn });
    await page.close();
  }
  return rows;
}

async function measureFrames(pages: Pages, { seconds, rounds, onProgress, signal }: UiOptions) {
  const [ours, bare]: [number[], number[]] = [[], []];
  let sprites = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (signal.aborted) throw new Error('stopped');
    onProgress(`frames: round ${round + 1}`);
    const hive = await pages.open('hive.html');
    await hive.evaluate(
      `hiveBench.open({ workers: ${WORKERS}, particles: 240, zoom: 0.75, full: 1 }).then((bench) => { globalThis.bench = bench; globalThis.draw = () => bench.pictures(1); bench.pictures(1); })`,
    );
    const { bees, labels, pollen } = await hive.evaluate<Drawn>('({ ...bench.show.drawn })');
    sprites = bees + labels + pollen;
    ours.push(await framesPerSecond(hive, seconds));
    const other = await pages.open('bare.html');
    await other.evaluate(`bareBench.open({ sprites: ${sprites} }).then((made) => { globalThis.draw = made.picture; })`);
    bare.push(await framesPerSecond(other, seconds));
  }
  return { sprites, ours: median(ours), bare: median(bare) };
}

/** Pictures one after the other, one pixel of each read back; closes the page. */
async function framesPerSecond(page: Page, seconds: number): Promise<number> {
  const perSecond = await page.evaluate<number>(`new Promise((resolve) => {
    const gl = document.querySelector('canvas').getContext('webgl2');
    const pixel = new Uint8Array(4);
    const began = performance.now();
    let count = 0;
    const next = () => {
      draw();
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
      count += 1;
      const spent = performance.now() - began;
      if (spent >= ${seconds * 1000}) resolve((count * 1000) / spent);
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`);
  await page.close();
  return perSecond;
}

async function measureEvents(pages: Pages, { seconds, onProgress }: UiOptions) {
  onProgress(`events: ${EVENTS_PER_SECOND}/s`);
  const page = await pages.open('hive.html');
  await page.evaluate(`(async () => {
    document.body.append(Object.assign(document.createElement('input'), { id: 'typed' }));
    const bench = await hiveBench.open({ workers: ${WORKERS}, zoom: 0.75, events: ${EVENTS_PER_SECOND} });
    globalThis.tasks = [];
    globalThis.keys = [];
    await new Promise((resolve) => setTimeout(resolve, 500)); // Making the scene is not what is measured.
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    const shown = (list) => keys.push(...list.getEntries().filter(({ name }) => name === 'keydown').map(({ duration }) => duration));
    new PerformanceObserver(shown).observe({ type: 'event', durationThreshold: ${SHORTEST_MS} });
  })()`);
  await page.locator('#typed').focus();
  const pressed = seconds * KEYS_PER_SECOND;
  for (let key = 0; key < pressed; key += 1) {
    await page.keyboard.press('a');
    await page.waitForTimeout(1000 / KEYS_PER_SECOND);
  }
  const [tasks, slow] = await page.evaluate<[number[], number[]]>('[tasks, keys]');
  await page.close();
  const keys = [...slow, ...Array<number>(Math.max(pressed - slow.length, 0)).fill(SHORTEST_MS)];
  // The browser tells of tasks of 50 ms and more; without one the longest is below that.
  return { perSecond: EVENTS_PER_SECOND, longestTaskMs: Math.max(0, ...tasks), inputP95Ms: quantile(keys, 0.95) };
}

/** The value that a part of the others is not above. */
function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const found = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
  if (found === undefined) throw new RangeError('a quantile needs a value');
  return found;
}
