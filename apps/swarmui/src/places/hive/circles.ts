// Large circles, made of corners: only pixels that are seen are drawn, and lines are as thin at any size. A square with the picture of a circle
// is transparent for the most part, and a rasteriser in software pays for those pixels too.

import { type Instances, packed } from './instances.ts';

/** Corners of the finest circle; coarser ones take every second or fourth. */
const STEPS = 64;
/** Up to such radii, in pixels of the screen, coarser circles look the same. */
const COARSE_PX = 20;
const MIDDLE_PX = 80;

const UNIT = new Float64Array((STEPS + 1) * 2);
for (let step = 0; step <= STEPS; step += 1) {
  UNIT[step * 2] = Math.cos((step / STEPS) * 2 * Math.PI);
  UNIT[step * 2 + 1] = Math.sin((step / STEPS) * 2 * Math.PI);
}

/** A circle of the world. */
export interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Units of the world that are a pixel of the screen. */
  readonly pixel: number;
}

/** Instances that the largest of `rim` or `line` takes. */
export const CIRCLE_INSTANCES: number = STEPS * 3;

/** A soft rim: nothing at `part` of the radius, growing to `alpha` at the edge. */
export function rim(instances: Instances, circle: Circle, part: number, rgb: number, alpha: number): void {
  const { radius } = circle;
  band(instances, circle, [radius * part, radius], 0, packed(rgb, alpha));
}

/** A line of `px` pixels of the screen at any zoom, with a soft pixel on both sides. */
export function line(instances: Instances, circle: Circle, rgb: number, alpha: number, px = 1): void {
  const { radius, pixel } = circle;
  const color = packed(rgb, alpha);
  const core = ((px - 1) / 2) * pixel;
  band(instances, circle, [radius - core - pixel, radius - core], 0, color);
  if (core > 0) band(instances, circle, [radius - core, radius + core], color, color);
  band(instances, circle, [radius + core, radius + core + pixel], color, 0);
}

const points = new Float64Array(8);

/** What lies between two radii, from one colour to the other (`packed`). */
function band(
  instances: Instances,
  { x, y, radius, pixel }: Circle,
  [from, to]: readonly [number, number],
  color: number,
  toColor: number,
): void {
  const px = radius / pixel;
  const stride = px < COARSE_PX ? 4 : px < MIDDLE_PX ? 2 : 1;
  for (let step = 0; step < STEPS; step += stride) {
    point(0, step, x, y, from);
    point(1, step + stride, x, y, from);
    point(2, step + stride, x, y, to);
    point(3, step, x, y, to);
    instances.four(points, color, toColor);
  }
}

function point(corner: number, step: number, x: number, y: number, radius: number): void {
  points[corner * 2] = x + radius * (UNIT[step * 2] ?? 0);
  points[corner * 2 + 1] = y + radius * (UNIT[step * 2 + 1] ?? 0);
}
