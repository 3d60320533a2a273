// The canvas of Live Hive by itself, with a fleet and events that are made up: no hive, no React. For measuring, and for looking at what a
// fleet of ten thousand looks like. Build it with `vite build apps/swarmui/bench` and open hive.html, for example with
// `?workers=1000&events=10000&zoom=0.75`; or let a script drive `globalThis.hiveBench`.

import '../src/style/tokens.css';
import '../src/style/fonts.ts';
import { Activity } from '../src/places/hive/activity.ts';
import { type Fleet, parseFleet } from '../src/places/hive/model.ts';
import { createScene } from '../src/places/hive/scene.ts';
import { paletteOf, Show } from '../src/places/hive/show.ts';
import { colorToken } from '../src/style/tokens.ts';

/** What is measured. */
interface BenchOptions {
  readonly workers: number;
  /** Grains that fly at once, all the time. */
  readonly particles: number;
  /** CSS pixels of the stage. */
  readonly width: number;
  readonly height: number;
  /** 0: all is shown. */
  readonly zoom: number;
  /** Events a second, as lines of `/proc/activity`, while pictures are made by the browser's clock. */
  readonly events: number;
  /** 1: all is drawn however long it takes; 0: as on the page, which then draws less. */
  readonly full: number;
}

const DEFAULTS: BenchOptions = { workers: 1000, particles: 240, width: 1280, height: 720, zoom: 0, events: 0, full: 0 };
const KINDS = ['heartbeat', 'host', 'gpu', 'lora', 'bus'];
const STEP_MS = 1000 / 60;
const LINE_BYTES_MAX = 4096;
const TICK_MS = 100;
/** Grains begin so far from the queen, and fly around her so slowly that they stay in view. */
const NEAREST = 40;
const SLOW = 3;

/** One show with its events. */
class HiveBench {
  readonly show: Show;
  readonly activity = new Activity();
  readonly #options: BenchOptions;
  readonly #ids: readonly string[];
  #at = 0;
  #ms = 0;

  constructor(show: (activity: Activity) => Show, options: BenchOptions, ids: readonly string[]) {
    this.#options = options;
    this.#ids = ids;
    this.show = show(this.activity);
  }

  /** All workers are busy, so that all of them move; without events, which would be a pressure under which less is drawn. */
  warmAll(): void {
    this.show.sim.heat.fill(1);
  }

  /** Makes as many grains fly as were asked for, all of them in view. */
  fill(): void {
    const { pollen } = this.show.sim;
    const { width, height, particles } = this.#options;
    const reach = (Math.min(width, height) / 2 / this.show.camera.zoom) * 0.95 - NEAREST;
    for (let number = pollen.count; number < this.#options.particles; number += 1) {
      const angle = number * 2.399963;
      const far = NEAREST + reach * Math.sqrt(number / particles);
      const at = pollen.add(Math.cos(angle) * far, Math.sin(angle) * far, 1e6, number % KINDS.length);
      pollen.vx[at] = Math.sin(angle) * SLOW;
      pollen.vy[at] = -Math.cos(angle) * SLOW;
    }
  }

  /**
   * So many pictures one after the other, all workers warm and all grains there: script time of each, ms. Each is finished before the next
   * begins, outside of that time: a page has no more than one on its way, so a script never waits for the one before.
   */
  pictures(count: number): readonly number[] {
    const gl = document.querySelector('canvas')?.getContext('webgl2');
    const pixel = new Uint8Array(4);
    const times: number[] = [];
    for (let picture = 0; picture < count; picture += 1) {
      this.warmAll();
      this.fill();
      times.push(this.show.picture(STEP_MS));
      gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    }
    return times;
  }

  /** A tenth of a second of events, as the hive would tell them; how many. */
  tick(): number {
    const count = Math.round((this.#options.events * TICK_MS) / 1000);
    this.#ms += TICK_MS;
    let entries: string[] = [];
    let size = 0;
    const line = (): void => this.activity.line(`{"ts_ms":${this.#ms},"n":[${entries.join(',')}]}`);
    for (let event = 0; event < count; event += 1) {
      const id = this.#ids[this.#at % this.#ids.length] ?? '';
      this.#at += 7919; // a prime: everybody has a turn
      const entry = `["${id}",1,${event % 500 === 0 ? 1 : 0}]`;
      if (size + entry.length > LINE_BYTES_MAX) {
        line();
        entries = [];
        size = 0;
      }
      entries.push(entry);
      size += entry.length;
    }
    if (entries.length > 0) line();
    this.show.ask();
    return count;
  }
}

function fleetOf(workers: number): Fleet {
  const lines: string[] = [];
  for (let number = 1; number <= workers; number += 1) {
    // Shares as of a fleet that one kind makes up for the most part.
    const kind = KINDS[number % 10 < 6 ? 0 : number % 5] ?? 'heartbeat';
    const state = number % 97 === 0 ? 'starting' : 'running';
    lines.push(`id=worker-${number} kind=${kind} state=${state} ticks=0/none ops=0/none expires_ms=none`);
  }
  return parseFleet(lines.join('\n'));
}

/** Makes one in the element `#stage`; what was there is gone. */
async function open(given: Partial<BenchOptions>): Promise<HiveBench> {
  const options = { ...DEFAULTS, ...given };
  const element = document.getElementById('stage');
  if (element === null) throw new Error('expected an element #stage');
  const { width, height } = options;
  const size = { width, height };
  const scene = await createScene(size);
  element.replaceChildren(scene.canvas);
  const fleet = fleetOf(options.workers);
  const make = (activity: Activity): Show =>
    new Show({
      scene,
      size,
      palette: paletteOf(colorToken),
      takeEvents: (onWorker) => activity.take(onWorker),
      isStill: false,
      isFull: options.full === 1,
      sim: { pollenMax: Math.max(options.particles, 1) },
    });
  const bench = new HiveBench(
    make,
    options,
    fleet.workers.map(({ id }) => id),
  );
  bench.show.setFleet(fleet);
  if (options.zoom > 0) bench.show.zoom(options.zoom / bench.show.camera.zoom);
  if (options.events > 0) setInterval(() => bench.tick(), TICK_MS);
  return bench;
}

/** For scripts that drive the page. */
Object.assign(globalThis, { hiveBench: { open } });

const asked = new URLSearchParams(location.search);
if (asked.size > 0) {
  const numbers = [...asked].map(([name, value]) => [name, Number(value)] as const);
  void open(Object.fromEntries(numbers));
}
