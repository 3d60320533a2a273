// One picture: from the simulation, the places and the camera to instances. What is off the screen is not written, nor are workers and
// grains under the mark of their comb. Sizes are those of contracts-2.md 11.2.

import { type Camera, isIn, type Size, seen } from './camera.ts';
import { FRAME, GLYPH_ADVANCE, GLYPH_CELL, GLYPH_PX, glyphFrame } from './frames.ts';
import { type Instances, mixed } from './instances.ts';
import type { Box, Comb, Layout } from './layout.ts';
import type { Budget } from './lod.ts';
import { POLLEN_LIFE_S, PULSE_LIFE_S, type Sim } from './sim.ts';

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
const GLOW = 52;
const GRAIN = 6;
const QUEEN = 44;
const PULSE_FROM = 16;
const PULSE_TO = 64;
/** Grains that show the flow of one comb. */
const FLOW_GRAINS_MAX = 6;
const FLOW_PERIOD_S = 1.8;
/** Sizes of text, CSS pixels. */
const LABEL_PX = 9;
const NAME_PX = 12;

/** Writes a picture. `instances` must have room (`instancesFor`). */
export function draw(picture: Picture, budget: Budget, instances: Instances, drawn: Drawn): void {
  instances.count = 0;
  drawn.bees = drawn.labels = drawn.marks = drawn.pollen = drawn.pulses = 0;
  const { camera, size, layout } = picture;
  const box = seen(camera, size, GLOW / 2);
  const isFar = budget.level === 'cluster';
  for (const comb of layout.combs) if (isCombSeen(comb, box)) hull(picture, comb, budget, instances);
  if (isFar) for (const [index, comb] of layout.combs.entries()) flow(picture, comb, index, box, instances, drawn);
  if (budget.hasAuras && !isFar) eachSeen(picture, box, (index) => aura(picture, index, instances));
  if (isFar) marks(picture, box, instances, drawn);
  else eachSeen(picture, box, (index) => bee(picture, index, instances, drawn));
  rings(picture, instances);
  if (budget.hasPollen) grains(picture, box, instances, drawn);
  pulses(picture, box, instances, drawn);
  instances.add(0, 0, QUEEN / Math.max(Math.min(camera.zoom, 1), 0.35), FRAME.queen, picture.palette.queen, 1);
  texts(picture, box, budget, instances, drawn);
}

/** Room that the largest picture of a fleet needs. */
export function instancesFor({ sim, layout }: Pick<Picture, 'sim' | 'layout'>, labels: number): number {
  return sim.count * 3 + layout.combs.length * 40 + labels * 8 + sim.pollen.left.length + 512;
}

function eachSeen({ sim, layout }: Picture, box: Box, visit: (index: number) => void): void {
  for (const comb of layout.combs) {
    if (!isCombSeen(comb, box)) continue;
    for (const index of comb.members) if (isIn(box, sim.x[index] ?? 0, sim.y[index] ?? 0)) visit(index);
  }
}

/** A worker on its way may be outside of its comb for a moment, so there is some play. */
function isCombSeen({ x, y, radius }: Comb, { left, right, top, bottom }: Box): boolean {
  const reach = radius + GLOW;
  return x + reach >= left && x - reach <= right && y + reach >= top && y - reach <= bottom;
}

function colorOf({ palette }: Picture, kind: number): number {
  return palette.kinds[kind] ?? palette.inkSoft;
}

function kindOf({ sim }: Picture, comb: Comb): number {
  return sim.kind[comb.members[0] ?? 0] ?? 0;
}

function hull(picture: Picture, comb: Comb, { level, hasHulls, hasLines }: Budget, instances: Instances): void {
  const color = colorOf(picture, kindOf(picture, comb));
  const isFar = level === 'cluster';
  if (hasHulls) instances.add(comb.x, comb.y, comb.radius * 2.5, FRAME.glow, color, isFar ? 0.12 : 0.16);
  if (!isFar && hasLines) instances.add(comb.x, comb.y, comb.radius * 2, FRAME.thinRing, color, 0.28);
}

/** Grains from a comb to the queen, as many as flows. */
function flow(picture: Picture, comb: Comb, index: number, box: Box, instances: Instances, drawn: Drawn): void {
  const { sim, camera, palette } = picture;
  const amount = sim.flow[index] ?? 0;
  if (amount <= 0 || sim.isStill) return;
  const isError = (sim.combErrorAge[index] ?? 1e9) < PULSE_LIFE_S;
  const color = isError ? palette.error : colorOf(picture, kindOf(picture, comb));
  const count = Math.ceil(amount * FLOW_GRAINS_MAX);
  for (let grain = 0; grain < count; grain += 1) {
    const part = (sim.timeS / FLOW_PERIOD_S + grain / count) % 1;
    const x = comb.x * (1 - part);
    const y = comb.y * (1 - part);
    if (!isIn(box, x, y)) continue;
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
    if (amount > 0) instances.add(comb.x, comb.y, size * 1.7, FRAME.glow, color, 0.5 * amount);
    instances.add(
      comb.x,
      comb.y,
      size,
      FRAME.disc,
      mixed(mixed(palette.background, color, 0.34), palette.error, redness),
      1,
    );
    instances.add(comb.x, comb.y, size, FRAME.thinRing, mixed(color, palette.error, redness), 0.9);
    drawn.marks += 1;
  }
}

/** Its area tells how many there are. */
function markSize({ radius, members }: Comb): number {
  return Math.max(Math.min(2 * radius * 0.8, 60 + 26 * Math.sqrt(members.length)), 56);
}

function aura(picture: Picture, index: number, instances: Instances): void {
  const { sim, palette } = picture;
  const heat = sim.heat[index] ?? 0;
  if (heat <= 0.01) return;
  const color = mixed(colorOf(picture, sim.kind[index] ?? 0), palette.error, sim.redness(index));
  const x = (sim.x[index] ?? 0) + sim.driftX(index);
  const y = (sim.y[index] ?? 0) + sim.driftY(index);
  instances.add(x, y, GLOW * (0.75 + 0.25 * heat), FRAME.glow, color, 0.55 * heat);
}

function bee(picture: Picture, index: number, instances: Instances, drawn: Drawn): void {
  const { sim, palette } = picture;
  const x = (sim.x[index] ?? 0) + sim.driftX(index);
  const y = (sim.y[index] ?? 0) + sim.driftY(index);
  const color = mixed(colorOf(picture, sim.kind[index] ?? 0), palette.error, sim.redness(index));
  instances.add(x, y, BEE, picture.isStarting(index) ? FRAME.outline : FRAME.bee, color, 1);
  if (sim.isMarked(index)) instances.add(x, y, BEE * 1.5, FRAME.ring, palette.error, 1);
  drawn.bees += 1;
}

/** Around the worker that is selected, and the one that has the keyboard. */
function rings({ sim, selected, focused, palette, camera }: Picture, instances: Instances): void {
  const least = 26 / camera.zoom;
  const around = (index: number | undefined, size: number, frame: number, color: number): void => {
    if (index === undefined || index >= sim.count) return;
    instances.add(sim.x[index] ?? 0, sim.y[index] ?? 0, Math.max(size, least), frame, color, 1);
  };
  around(focused, BEE * 1.9, FRAME.thinRing, palette.ink);
  around(selected, BEE * 1.6, FRAME.ring, palette.accent);
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

function texts(picture: Picture, box: Box, budget: Budget, instances: Instances, drawn: Drawn): void {
  const { sim, camera, palette, layout } = picture;
  const far = budget.level === 'cluster';
  const px = (size: number): number => size / camera.zoom;
  write(
    instances,
    'queen',
    0,
    (QUEEN * 0.5) / Math.max(Math.min(camera.zoom, 1), 0.35) + px(NAME_PX * 0.7),
    px(NAME_PX),
    palette.queen,
  );
  for (const comb of layout.combs) {
    if (!isCombSeen(comb, box)) continue;
    if (far) markTexts(picture, comb, instances);
    else if (comb.named !== undefined)
      write(
        instances,
        `${comb.kind} ${comb.named}`,
        comb.x,
        comb.y - comb.radius - px(NAME_PX * 0.8),
        px(NAME_PX),
        palette.inkSoft,
      );
  }
  if (far) return;
  const size = px(Math.min(Math.max(LABEL_PX * camera.zoom, LABEL_PX), LABEL_PX * 1.4));
  const below = BEE / 2 + size * 0.62;
  eachSeen(picture, box, (index) => {
    if (drawn.labels >= budget.labels) return;
    const label = picture.labels[index] ?? '';
    write(instances, label, sim.x[index] ?? 0, (sim.y[index] ?? 0) + below, size, palette.ink);
    drawn.labels += 1;
  });
}

/** How many are under a mark, and of which kind they are where there is room. */
function markTexts({ camera, palette }: Picture, comb: Comb, instances: Instances): void {
  const across = markSize(comb) * camera.zoom;
  const count = String(comb.members.length);
  const size = Math.min(Math.max(across * 0.3, 8), 20);
  if (count.length * size * GLYPH_ADVANCE > across + 4) return;
  const hasKind = across > 54;
  write(
    instances,
    count,
    comb.x,
    comb.y - (hasKind ? (size * 0.35) / camera.zoom : 0),
    size / camera.zoom,
    palette.ink,
  );
  if (!hasKind) return;
  const small = Math.min(Math.max(across * 0.13, 9), 12);
  write(instances, comb.kind, comb.x, comb.y + (size * 0.55) / camera.zoom, small / camera.zoom, palette.ink);
}

const TEXT_MAX = 24;

/** Text with its middle at a point; `size`: of the font, in units of the world. */
function write(instances: Instances, text: string, x: number, y: number, size: number, color: number): void {
  const length = Math.min(text.length, TEXT_MAX);
  const advance = size * GLYPH_ADVANCE;
  const side = (size * GLYPH_CELL) / GLYPH_PX;
  const from = x - ((length - 1) * advance) / 2;
  for (let at = 0; at < length; at += 1)
    instances.add(from + at * advance, y, side, glyphFrame(text.charCodeAt(at)), color, 1);
}
