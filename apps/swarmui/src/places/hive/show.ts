// The hive as it is shown: puts model, places, simulation, camera and canvas together, and draws a picture when there is a new one. No
// picture is made while nothing moves or nobody looks.

import { type Camera, fit, panned, type Size, seen, toWorld, zoomed } from './camera.ts';
import { type Drawn, draw, instancesFor, type Palette, type Picture } from './drawing.ts';
import type { Point } from './hex.ts';
import { Instances } from './instances.ts';
import { KINDS, kindNumber } from './kinds.ts';
import { type Box, type Layout, Places, SPACING } from './layout.ts';
import { levelOf, Quality } from './lod.ts';
import { type Fleet, NO_FLEET } from './model.ts';
import { combAt, type Direction, nextIn, workerAt } from './pick.ts';
import type { Recall } from './recall.ts';
import type { Scene } from './scene.ts';
import { Sim, type SimOptions } from './sim.ts';

/** What the show is made from. */
export interface ShowPorts {
  readonly scene: Scene;
  readonly size: Size;
  readonly palette: Palette;
  /** Gives what happened since it was asked last. */
  readonly takeEvents?: (onWorker: (id: string, records: number, refusals: number) => void) => void;
  /** A recording that is shown: the picture follows from it alone, and stands still until it tells more. */
  readonly recall?: () => Recall | undefined;
  /** Told after pictures, at most so often as pictures are made: how long the script took, and what was drawn. */
  readonly onPicture?: (ms: number, drawn: Readonly<Drawn>) => void;
  readonly isStill: boolean;
  /** All is drawn whatever it takes: for measuring. */
  readonly isFull?: boolean;
  readonly sim?: SimOptions;
}

/** The zoom at which one goes to a worker that would be under a mark. */
const NEAR_ZOOM = 1;
/** A click so near to a worker, in pixels of the screen, means it. */
const REACH_PX = 14;
/** Space between the worker that has the keyboard and the edge of the stage, in pixels. */
const EDGE_PX = 48;
const FRAME_MS_MAX = 100;

export class Show {
  readonly sim: Sim;
  readonly #ports: ShowPorts;
  #places = new Places();
  readonly #quality: Quality;
  readonly #instances = new Instances(1024);
  readonly #drawn: Drawn = { bees: 0, labels: 0, marks: 0, pollen: 0, pulses: 0 };
  #fleet: Fleet = NO_FLEET;
  #layout: Layout = new Places().place([]);
  #labels: readonly string[] = [];
  #size: Size;
  #camera: Camera;
  /** Nobody has moved the camera: it goes on to show all. */
  #isFitting = true;
  #palette: Palette;
  #selected: string | undefined;
  #focused: string | undefined;
  #isAsked = false;
  #isOver = false;
  /** When the last picture was begun, if more were to follow it. */
  #movedAt: number | undefined;
  #lastMs = 0;
  readonly #onVisible = (): void => this.ask();

  constructor(ports: ShowPorts) {
    this.#ports = ports;
    this.#size = ports.size;
    this.#palette = ports.palette;
    this.#quality = new Quality({ isSoftware: ports.scene.isSoftware, isFull: ports.isFull === true });
    this.sim = new Sim(ports.sim);
    this.sim.isStill = ports.isStill;
    this.#camera = fit(this.#layout.box, ports.size);
    document.addEventListener('visibilitychange', this.#onVisible);
    this.ask();
  }

  /** Whether another picture comes by itself. */
  get isMoving(): boolean {
    return this.#recall === undefined && this.sim.isMoving;
  }

  /** Where one looks from now. */
  get camera(): Camera {
    return this.#camera;
  }

  /** What was drawn last. */
  get drawn(): Readonly<Drawn> {
    return this.#drawn;
  }

  /** Where the worker that has the keyboard is on the stage, CSS pixels. */
  get focusedAt(): Point | undefined {
    const index = this.#focused === undefined ? undefined : this.sim.indexOf(this.#focused);
    if (index === undefined) return undefined;
    const { x, y, zoom } = this.#camera;
    return {
      x: this.#size.width / 2 + ((this.#layout.xs[index] ?? 0) - x) * zoom,
      y: this.#size.height / 2 + ((this.#layout.ys[index] ?? 0) - y) * zoom,
    };
  }

  /** Ends it, its canvas too. */
  destroy(): void {
    this.#isOver = true;
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#ports.scene.destroy();
  }

  /** Another fleet. */
  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    // In a recording who is where must not depend on which moments were looked at before.
    if (this.#recall !== undefined) this.#places = new Places();
    this.#layout = this.#places.place(fleet.workers);
    this.#labels = fleet.workers.map(({ id, number }) => (number > 0 ? String(number) : id));
    this.sim.setFleet(fleet.workers, this.#layout, new Map(fleet.workers.map(({ kind }) => [kind, kindNumber(kind)])));
    if (this.#isFitting) this.#camera = fit(this.#layout.box, this.#size);
    this.ask();
  }

  setSize(size: Size): void {
    if (size.width === this.#size.width && size.height === this.#size.height) return;
    this.#size = size;
    this.#ports.scene.resize(size);
    if (this.#isFitting) this.#camera = fit(this.#layout.box, size);
    this.ask();
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.ask();
  }

  setStill(isStill: boolean): void {
    this.sim.isStill = isStill;
    if (isStill) {
      this.sim.pollen.clear();
      this.sim.pulses.clear();
    }
    this.ask();
  }

  /** Draws rings around these; the selected one is brought into view when it is another one. */
  setMarked(selected: string | undefined, focused: string | undefined): void {
    if (selected !== undefined && selected !== this.#selected) this.reveal(selected);
    this.#selected = selected;
    this.#focused = focused;
    this.ask();
  }

  /** Brings a worker into view, near enough to be seen. */
  reveal(id: string): void {
    const index = this.sim.indexOf(id);
    if (index === undefined) return;
    const [x, y] = [this.#layout.xs[index] ?? 0, this.#layout.ys[index] ?? 0];
    const { zoom } = this.#camera;
    const isFar = levelOf(zoom) === 'cluster';
    const box = seen(this.#camera, this.#size, -EDGE_PX / zoom);
    const isOutside = x < box.left || x > box.right || y < box.top || y > box.bottom;
    if (isFar || isOutside) this.#look({ x, y, zoom: isFar ? NEAR_ZOOM : zoom });
  }

  /** Moves by pixels of the screen. */
  pan(dx: number, dy: number): void {
    this.#look(panned(this.#camera, dx, dy));
  }

  /** Nearer by a factor, to a point of the stage. */
  zoom(factor: number, at?: Point): void {
    this.#look(zoomed(this.#camera, factor, this.#size, at));
  }

  /** Shows all, and goes on to when the fleet or the stage changes. */
  fit(): void {
    this.#isFitting = true;
    this.#camera = fit(this.#layout.box, this.#size);
    this.ask();
  }

  /** The worker at a point of the stage. On a mark there is none: one goes nearer to it instead. */
  click(at: Point): string | undefined {
    const world = toWorld(this.#camera, this.#size, at);
    if (levelOf(this.#camera.zoom) === 'cluster') {
      const comb = combAt(this.#layout, world);
      if (comb !== undefined) this.#look({ x: comb.x, y: comb.y, zoom: NEAR_ZOOM });
      return undefined;
    }
    const index = workerAt(this.sim, world, Math.min(REACH_PX / this.#camera.zoom, SPACING / 2));
    return index === undefined ? undefined : this.#fleet.workers[index]?.id;
  }

  /** The worker next to another one. */
  next(id: string, direction: Direction): string {
    const index = this.sim.indexOf(id);
    return index === undefined ? id : (this.#fleet.workers[nextIn(this.#layout, index, direction)]?.id ?? id);
  }

  /** A picture is wanted soon. Many calls are one. */
  ask(): void {
    if (this.#isAsked || this.#isOver || document.hidden) return;
    this.#isAsked = true;
    requestAnimationFrame((ms) => this.#frame(ms));
  }

  /** Draws a picture now, after `ms` of simulated time; how long the script took, ms. */
  picture(ms: number): number {
    const began = performance.now();
    const { zoom } = this.#camera;
    this.sim.grainsFrom = levelOf(zoom) === 'cluster' ? undefined : this.#seen();
    this.#bring(ms);
    const isLast = !this.isMoving;
    const budget = this.#quality.budget(zoom, this.sim.pressure, isLast);
    const shown = this.#shown();
    this.#instances.reserve(instancesFor(shown, budget.labels));
    draw(shown, budget, this.#instances, this.#drawn);
    this.#ports.scene.render(this.#instances, this.#camera);
    const took = performance.now() - began;
    this.#quality.took(took, this.#movedAt === undefined ? undefined : began - this.#movedAt);
    this.#movedAt = isLast ? undefined : began;
    this.#ports.onPicture?.(took, this.#drawn);
    return took;
  }

  /** Brings the simulation to its next moment. */
  #bring(ms: number): void {
    const recall = this.#recall;
    if (recall !== undefined) return recall.into(this.sim);
    this.#ports.takeEvents?.((id, records, refusals) => this.sim.event(id, records, refusals));
    this.sim.advance(ms);
  }

  get #recall(): Recall | undefined {
    return this.#ports.recall?.();
  }

  #frame(nowMs: number): void {
    this.#isAsked = false;
    if (this.#isOver || document.hidden) return;
    if (this.#ports.scene.isBusy) return this.ask();
    const ms = Math.min(Math.max(nowMs - this.#lastMs, 0), FRAME_MS_MAX);
    this.#lastMs = nowMs;
    this.picture(ms);
    if (this.isMoving) this.ask();
  }

  #look(camera: Camera): void {
    this.#isFitting = false;
    this.#camera = camera;
    this.ask();
  }

  #seen(): Box {
    return seen(this.#camera, this.#size);
  }

  #shown(): Picture {
    return {
      sim: this.sim,
      layout: this.#layout,
      labels: this.#labels,
      isStarting: (index) => this.#fleet.workers[index]?.state === 'starting',
      selected: this.#selected === undefined ? undefined : this.sim.indexOf(this.#selected),
      focused: this.#focused === undefined ? undefined : this.sim.indexOf(this.#focused),
      camera: this.#camera,
      size: this.#size,
      palette: this.#palette,
    };
  }
}

/** The colours of the canvas, from the tokens that `color` reads. */
export function paletteOf(color: (token: `--${string}`) => number): Palette {
  return {
    kinds: KINDS.map((kind) => color(`--role-${kind}`)),
    queen: color('--role-queen'),
    error: color('--error'),
    accent: color('--accent'),
    ink: color('--ink'),
    inkSoft: color('--ink-soft'),
    background: color('--background'),
  };
}
