// Fleets for tests of Live Hive, as `/proc/fleet` tells them.

import { type Fleet, parseFleet } from '../../src/places/hive/model.ts';

/** Workers numbered `from` to `to`; `kindOf` says of which kind. */
export function fleetOf(from: number, to: number, kindOf: (number: number) => string = () => 'heartbeat'): Fleet {
  const lines: string[] = [];
  for (let number = from; number <= to; number += 1)
    lines.push(`id=worker-${number} kind=${kindOf(number)} state=running ticks=0/none ops=0/none expires_ms=none`);
  return parseFleet(lines.join('\n'));
}

/** Least distance of two points; grid of cells, so that ten thousand are no trouble. */
export function leastDistance(xs: Float32Array, ys: Float32Array, cell: number): number {
  const cells = new Map<string, number[]>();
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < xs.length; index += 1) {
    const [column, row] = [Math.floor(xs[index]! / cell), Math.floor(ys[index]! / cell)];
    for (let dx = -1; dx <= 1; dx += 1)
      for (let dy = -1; dy <= 1; dy += 1)
        for (const other of cells.get(`${column + dx} ${row + dy}`) ?? [])
          least = Math.min(least, Math.hypot(xs[index]! - xs[other]!, ys[index]! - ys[other]!));
    const key = `${column} ${row}`;
    cells.set(key, [...(cells.get(key) ?? []), index]);
  }
  return least;
}
