// Which worker is at a point, and which is the next in a direction: for the pointer and for the arrows.

import type { Point } from './hex.ts';
import type { Comb, Layout } from './layout.ts';
import type { Sim } from './sim.ts';

/** The nearest worker within `reach`; undefined when there is none. */
export function workerAt(
  { x, y, count }: Pick<Sim, 'x' | 'y' | 'count'>,
  at: Point,
  reach: number,
): number | undefined {
  let best: number | undefined;
  let least = reach * reach;
  for (let index = 0; index < count; index += 1) {
    const dx = (x[index] ?? 0) - at.x;
    const dy = (y[index] ?? 0) - at.y;
    const distance = dx * dx + dy * dy;
    if (distance > least) continue;
    least = distance;
    best = index;
  }
  return best;
}

/** The comb at a point. */
export function combAt({ combs }: Layout, { x, y }: Point): Comb | undefined {
  return combs.find((comb) => Math.hypot(comb.x - x, comb.y - y) <= comb.radius);
}

/** A direction of the arrows. */
export type Direction = 'left' | 'right' | 'up' | 'down';

const UNIT: Readonly<Record<Direction, Point>> = {
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
};
/** What lies aside counts for so much farther. */
const ASIDE = 2;

/** The worker that lies next in a direction; itself when there is none. */
export function nextIn({ xs, ys }: Pick<Layout, 'xs' | 'ys'>, from: number, direction: Direction): number {
  const unit = UNIT[direction];
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < xs.length; index += 1) {
    const dx = (xs[index] ?? 0) - (xs[from] ?? 0);
    const dy = (ys[index] ?? 0) - (ys[from] ?? 0);
    const along = dx * unit.x + dy * unit.y;
    const aside = Math.abs(dx * unit.y - dy * unit.x);
    // Within 60 degrees of the direction: every neighbour of the lattice is reached by one of the four.
    if (along <= 0.01 || aside > along * 1.75) continue;
    const distance = along + ASIDE * aside;
    if (distance >= least) continue;
    least = distance;
    best = index;
  }
  return best;
}
