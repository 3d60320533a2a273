// One picture: from the simulation, the places and the camera to instances. What is off the screen is not written, nor are workers and
// grains under the mark of their comb. Sizes are those of contracts-2.md 11.2.

import { type Camera, isIn, type Size, seen } from './camera.ts';
import { CIRCLE_INSTANCES, type Circle, line, rim } from './circles.ts';
import { FRAME, LIT_LEVELS, LIT_SIDE } from './frames.ts';
import { type Instances, mixed } from './instances.ts';
import type { Box, Comb, Layout } from './layout.ts';
import type { Budget } from './lod.ts';
import { POLLEN_LIFE_S, PULSE_LIFE_S, type Sim } from './sim.ts';
import { combName, labelSize, markTexts, NAME_PX, write } from './texts.ts';

/** Colours, as 0xRRGGBB. */
export interface Palette {
  /** Of each kind, by its number. */
  readonly kinds: readonly number[];
  readonly queen: number;
  readonly error: number;
  readonly accent: number;
  readonly ink: number;
  readonly inkSoft: number;
  readonly background: number;
}

/** What a picture is of. */
export interface Picture {
  readonly sim: Sim;
  readonly layout: Layout;
  /** The number of each worker, as it is drawn beside it. */
  readonly labels: readonly string[];
  /** Workers that do not run yet. */
  readonly isStarting: (index: number) => boolean;
  readonly selected: number | undefined;
  readonly focused: number | undefined;
  readonly camera: Camera;
  readonly size: Size;
  readonly palette: Palette;
}

/** How many of each were drawn. */
export interface Drawn {
  bees: number;
  labels: number;
  marks: number;
  pollen: number;
  pulses: number;
}

/** Diameters, units of the world. */
const BEE = 20;
/** A bee in its glow. */
const LIT: number = BEE * LIT_SIDE;
const GRAIN = 6;
const QUEEN = 44;
const PULSE_FROM = 16;
const PULSE_TO = 64;
/** Grains that show the flow of one comb. */
const FLOW_GRAINS_MAX = 6;
const FLOW_PERIOD_S = 1.8;
/** Combs whose lines are drawn: a stage of 5,000 pixels has no more at the zoom where there are lines. */
const NEAR_COMBS_MAX = 600;
/** Least diameter of the rings around workers, pixels of the screen. */
const RING_PX_MIN = 26;
/** Where the soft rim of a comb begins, as a part of its radius. */
const RIM_FROM = 0.72;
/** Width of the line around a mark, pixels of the screen. */
const MARK_LINE_PX = 1.5;

/** Writes a picture. `instances` must have room (`instancesFor`). */
export function draw(picture: Picture, budget: Budget, instances: Instances, drawn: Drawn): void {
  instances.count = 0;
  drawn.bees = drawn.labels = drawn.marks = drawn.pollen = drawn.pulses = 0;
  const { camera, size, layout } = picture;
  const box = seen(camera, size, LIT / 2);
  const isFar = budget.level === 'cluster';
  if (!isFar) for (const comb of layout.combs) if (isCombSeen(comb, box)) hull(picture, comb, budget, instances);
  if (isFar) for (const [index, comb] of layout.combs.entries()) flow(picture, comb, index, box, instances, drawn);
  if (isFar) marks(picture, box, instances, drawn);
  else eachSeen(picture, box, (index) => bee(picture, index, budget, instances, drawn));
  rings(picture, instances);
  if (budget.hasPollen) grains(picture, box, instances, drawn);
  if (isFar) markPulses(picture, box, instances, drawn);
  else pulses(picture, box, instances, drawn);
  instances.add(0, 0, queenSize(camera.zoom), FRAME.queen, picture.palette.queen, 1);
  texts(picture, box, budget, instances, drawn);
}

/** Room that the largest picture of a fleet needs. */
export function instancesFor({ sim, layout }: Pick<Picture, 'sim' | 'layout'>, labels: number): number {
  const combs = Math.min(layout.combs.length, NEAR_COMBS_MAX) * 2 * CIRCLE_INSTANCES + layout.combs.length * 40;
  return sim.count * 3 + combs + labels * 8 + sim.pollen.left.length + 2 * CIRCLE_INSTANCES + 512;
}

function eachSeen({ sim, layout }: Picture, box: Box, visit: (index: number) => void): void {
  for (const comb of layout.combs) {
    if (!isCombSeen(comb, box)) continue;
    for (const index of comb.members) if (isIn(box, sim.x[index] ?? 0, sim.y[index] ?? 0)) visit(index);
  }
}

/** A worker on its way may be outside of its comb for a moment, so there is some play. */
function isCombSeen({ x, y, radius }: Comb, { left, right, top, bottom }: Box): boolean {
  const reach = radius + LIT;
  return x + reach >= left && x - reach <= right && y + reach >= top && y - reach <= bottom;
}

function colorOf({ palette }: Picture, kind: number): number {
  return palette.kinds[kind] ?? palette.inkSoft;
}

function kindOf({ sim }: Picture, comb: Comb): number {
  return sim.kind[comb.members[0] ?? 0] ?? 0;
}

function hull(picture: Picture, comb: Comb, { hasHulls, hasLines }: Budget, instances: Instances): void {
  const color = colorOf(picture, kindOf(picture, comb));
  const circle: Circle = { x: comb.x, y: comb.y, radius: comb.radius, pixel: 1 / picture.camera.zoom };
  if (hasHulls) rim(instances, circle, RIM_FROM, color, 0.16);
  if (hasLines) line(instances, circle, color, 0.32);
}

/** Grains from a comb to the queen, as many as flows. */
function flow(picture: Picture, comb: Comb, index: number, box: Box, instances: Instances, drawn: Drawn): void {
  const { sim, camera, palette } = picture;
  const amount = sim.flow[index] ?? 0;
  if (amount <= 0 || sim.isStill) return;
  const isError = (sim.combErrorAge[index] ?? 1e9) < PULSE_LIFE_S;
  const color = isError ? palette.error : colorOf(picture, kindOf(picture, comb));
  const count = Math.ceil(amount * FLOW_GRAINS_MAX);
  const edge = queenSize(camera.zoom) * 0.6;
  for (let grain = 0; grain < count; grain += 1) {
    const part = (sim.timeS / FLOW_PERIOD_S + grain / count) % 1;
    const x = comb.x * (1 - part);
    const y = comb.y * (1 - part);
    if (!isIn(box, x, y) || Math.hypot(x, y) < edge) continue;
    instances.add(x, y, GRAIN / camera.zoom, FRAME.disc, color, 0.25 + 0.65 * amount);
    drawn.pollen += 1;
  }
}

function marks(picture: Picture, box: Box, instances: Instances, drawn: Drawn): void {
  const { sim, layout, palette } = picture;
  for (const [index, comb] of layout.combs.entries()) {
    if (!isCombSeen(comb, box)) continue;
    const color = colorOf(picture, kindOf(picture, comb));
    const amount = sim.flow[index] ?? 0;
    const age = sim.combErrorAge[index] ?? 1e9;
    const redness = Math.max(1 - age / (sim.isStill ? 4 : PULSE_LIFE_S), 0);
    const size = markSize(comb);
    if (amount > 0) instances.add(comb.x, comb.y, size * 1.4, FRAME.glow, color, 0.8 * amount);
    // A disc on a disc that is somewhat larger: a line around it for the price of two squares.
    instances.add(comb.x, comb.y, size, FRAME.disc, mixed(color, palette.error, redness), 0.9);
    const inner = size - (2 * MARK_LINE_PX) / picture.camera.zoom;
    const fill = mixed(mixed(palette.background, color, 0.34), palette.error, redness);
    instances.add(comb.x, comb.y, inner, FRAME.disc, fill, 1);
    drawn.marks += 1;
  }
}

/** Its area tells how many there are. */
function markSize({ radius, members }: Comb): number {
  return Math.max(Math.min(2 * radius * 0.8, 60 + 26 * Math.sqrt(members.length)), 56);
}

function bee(picture: Picture, index: number, { hasAuras }: Budget, instances: Instances, drawn: Drawn): void {
  const { sim, palette } = picture;
  const x = (sim.x[index] ?? 0) + sim.driftX(index);
  const y = (sim.y[index] ?? 0) + sim.driftY(index);
  const color = mixed(colorOf(picture, sim.kind[index] ?? 0), palette.error, sim.redness(index));
  const heat = sim.heat[index] ?? 0;
  if (picture.isStarting(index)) instances.add(x, y, BEE, FRAME.outline, color, 1);
  else if (!hasAuras || heat <= 0.01) instances.add(x, y, BEE, FRAME.bee, color, 1);
  else instances.add(x, y, LIT, FRAME.lit + Math.min(Math.floor(heat * LIT_LEVELS), LIT_LEVELS - 1), color, 1);
  if (sim.isMarked(index)) instances.add(x, y, BEE * 1.5, FRAME.ring, palette.error, 1);
  drawn.bees += 1;
}

/** Around the worker that is selected, and the one that has the keyboard. */
function rings({ sim, selected, focused, palette, camera }: Picture, instances: Instances): void {
  const pixel = 1 / camera.zoom;
  const around = (index: number | undefined, size: number, px: number, color: number): void => {
    if (index === undefined || index >= sim.count) return;
    const radius = Math.max(size, RING_PX_MIN * pixel) / 2;
    line(instances, { x: sim.x[index] ?? 0, y: sim.y[index] ?? 0, radius, pixel }, color, 1, px);
  };
  around(focused, BEE * 1.9, 2, palette.ink);
  around(selected, BEE * 1.6, 3, palette.accent);
}

function grains(picture: Picture, box: Box, instances: Instances, drawn: Drawn): void {
  const { pollen } = picture.sim;
  for (let index = 0; index < pollen.count; index += 1) {
    const x = pollen.x[index] ?? 0;
    const y = pollen.y[index] ?? 0;
    if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
    const alpha = Math.min((pollen.left[index] ?? 0) / (POLLEN_LIFE_S / 2), 1);
    instances.add(x, y, GRAIN, FRAME.disc, colorOf(picture, pollen.kind[index] ?? 0), alpha);
    drawn.pollen += 1;
  }
}

function pulses({ sim, palette, camera }: Picture, box: Box, instances: Instances, drawn: Drawn): void {
  const scale = 1 / Math.min(camera.zoom, 1);
  for (let index = 0; index < sim.pulses.count; index += 1) {
    const x = sim.pulses.x[index] ?? 0;
    const y = sim.pulses.y[index] ?? 0;
    if (!isIn(box, x, y)) continue;
    const part = 1 - (sim.pulses.left[index] ?? 0) / PULSE_LIFE_S;
    instances.add(x, y, (PULSE_FROM + (PULSE_TO - PULSE_FROM) * part) * scale, FRAME.ring, palette.error, 1 - part);
    drawn.pulses += 1;
  }
}

/** From far away a mark has one ring, however many of its workers were refused something. */
function markPulses({ sim, layout, palette }: Picture, box: Box, instances: Instances, drawn: Drawn): void {
  if (sim.isStill) return;
  for (const [index, comb] of layout.combs.entries()) {
    const part = (sim.combErrorAge[index] ?? 1e9) / PULSE_LIFE_S;
    if (part >= 1 || !isCombSeen(comb, box)) continue;
    instances.add(comb.x, comb.y, markSize(comb) * (1.06 + 0.4 * part), FRAME.ring, palette.error, 1 - part);
    drawn.pulses += 1;
  }
}

function texts(picture: Picture, box: Box, budget: Budget, instances: Instances, drawn: Drawn): void {
  const { sim, camera, palette, layout } = picture;
  const { zoom } = camera;
  const isFar = budget.level === 'cluster';
  write(instances, 'queen', 0, queenSize(zoom) / 2 + (NAME_PX * 0.7) / zoom, NAME_PX / zoom, palette.queen);
  for (const comb of layout.combs) {
    if (!isCombSeen(comb, box)) continue;
    if (isFar) markTexts(instances, comb, { size: markSize(comb), apart: layout.apart, zoom, color: palette.ink });
    else combName(instances, comb, zoom, palette.inkSoft);
  }
  if (isFar) return;
  const size = labelSize(zoom);
  const below = BEE / 2 + size * 0.62;
  eachSeen(picture, box, (index) => {
    if (drawn.labels >= budget.labels) return;
    write(instances, picture.labels[index] ?? '', sim.x[index] ?? 0, (sim.y[index] ?? 0) + below, size, palette.ink);
    drawn.labels += 1;
  });
}

/** From far away she is drawn larger than she is. */
function queenSize(zoom: number): number {
  return QUEEN / Math.max(Math.min(zoom, 1), 0.35);
}
