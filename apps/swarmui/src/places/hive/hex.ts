// Points of a hexagonal lattice in a spiral: the middle, then ring by ring. Ring r has 6r points, so r rings hold 1 + 3r(r + 1).
// Neighbours are 1 apart, no two points are nearer, and the n-th point is the same whatever comes after it.

/** A point of the plane. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const SIN_60 = Math.sqrt(3) / 2;

/** Unit steps along the six sides of a ring, from its eastern corner. */
const SIDES: readonly Point[] = [
  { x: -0.5, y: SIN_60 },
  { x: -1, y: 0 },
  { x: -0.5, y: -SIN_60 },
  { x: 0.5, y: -SIN_60 },
  { x: 1, y: 0 },
  { x: 0.5, y: SIN_60 },
];

/** Ring of the point with this index. */
export function ringOf(index: number): number {
  return index === 0 ? 0 : Math.ceil((Math.sqrt(12 * index + 9) - 3) / 6);
}

/** How many points the middle and `rings` rings have. */
export function pointsIn(rings: number): number {
  return 1 + 3 * rings * (rings + 1);
}

/** The point with this index, the middle being 0 at (0, 0). */
export function hexPoint(index: number): Point {
  const ring = ringOf(index);
  if (ring === 0) return { x: 0, y: 0 };
  const at = index - pointsIn(ring - 1);
  const side = Math.floor(at / ring);
  let x = ring;
  let y = 0;
  for (let passed = 0; passed < side; passed += 1) {
    x += (SIDES[passed]?.x ?? 0) * ring;
    y += (SIDES[passed]?.y ?? 0) * ring;
  }
  const rest = at - side * ring;
  return { x: x + (SIDES[side]?.x ?? 0) * rest, y: y + (SIDES[side]?.y ?? 0) * rest };
}
