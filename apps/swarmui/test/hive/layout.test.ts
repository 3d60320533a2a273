import { expect, test } from 'vitest';
import { hexPoint, pointsIn, ringOf } from '../../src/places/hive/hex.ts';
import { COMB_SIZE, Places, SPACING } from '../../src/places/hive/layout.ts';
import { fleetOf, leastDistance } from './fleets.ts';

const KINDS = ['heartbeat', 'host', 'gpu', 'lora', 'bus'];
const mixedKinds = (number: number): string => KINDS[number % 10 < 6 ? 0 : number % 5] ?? '';

test('the points of a ring are as far out as the ring says, and no two are nearer than 1', () => {
  const points = Array.from({ length: pointsIn(8) }, (_, index) => hexPoint(index));
  expect([0, 1, 6, 7, 18, 19].map(ringOf)).toEqual([0, 1, 1, 2, 2, 3]);
  const least = leastDistance(
    Float32Array.from(points, ({ x }) => x),
    Float32Array.from(points, ({ y }) => y),
    1,
  );
  expect(least).toBeCloseTo(1, 4);
});

test.each([1, 2, 7, 8, 91, 92, 500, 1000, 10_000])(
  '%i workers of five kinds do not overlap, nor does anybody sit on the queen',
  (count) => {
    const layout = new Places().place(fleetOf(1, count, mixedKinds).workers);
    if (count > 1) expect(leastDistance(layout.xs, layout.ys, SPACING)).toBeGreaterThan(SPACING - 0.01);
    for (let index = 0; index < count; index += 1)
      expect(Math.hypot(layout.xs[index]!, layout.ys[index]!)).toBeGreaterThan(SPACING);
  },
);

test('combs hold one kind each, no more than their size, and do not overlap', () => {
  const { workers } = fleetOf(1, 2000, mixedKinds);
  const { combs, combOf } = new Places().place(workers);
  expect(combs.flatMap(({ members }) => members).length).toBe(2000);
  for (const [at, comb] of combs.entries()) {
    expect(comb.members.length).toBeLessThanOrEqual(COMB_SIZE);
    for (const index of comb.members) expect([workers[index]?.kind, combOf[index]]).toEqual([comb.kind, at]);
    for (const other of combs.slice(at + 1))
      expect(Math.hypot(comb.x - other.x, comb.y - other.y)).toBeGreaterThan(comb.radius + other.radius);
  }
});

test('the same fleet has the same places, and everything lies within its box', () => {
  const { workers } = fleetOf(1, 700, mixedKinds);
  const one = new Places().place(workers);
  const other = new Places().place(workers);
  expect([one.xs, one.ys]).toEqual([other.xs, other.ys]);
  for (let index = 0; index < workers.length; index += 1) {
    expect(one.xs[index]).toBeGreaterThan(one.box.left);
    expect(one.xs[index]).toBeLessThan(one.box.right);
    expect(one.ys[index]).toBeGreaterThan(one.box.top);
    expect(one.ys[index]).toBeLessThan(one.box.bottom);
  }
});

test('who stays is not moved when others go and come', () => {
  const places = new Places();
  const { workers } = fleetOf(1, 400, mixedKinds);
  const before = places.place(workers);
  const staying = workers.filter(({ number }) => number % 7 !== 0);
  const after = places.place([...staying, ...fleetOf(401, 430, mixedKinds).workers]);
  for (const [index, { id }] of staying.entries()) {
    const was = workers.findIndex((worker) => worker.id === id);
    expect([after.xs[index], after.ys[index]]).toEqual([before.xs[was], before.ys[was]]);
  }
  expect(leastDistance(after.xs, after.ys, SPACING)).toBeGreaterThan(SPACING - 0.01);
});

test('a fleet that shrank to a few is drawn together again', () => {
  const places = new Places();
  places.place(fleetOf(1, 5000).workers);
  const { combs } = places.place(fleetOf(4990, 5000).workers);
  expect(combs).toHaveLength(1);
  expect(Math.hypot(combs[0]!.x, combs[0]!.y)).toBeLessThan(400);
});

test('no workers: a box around the queen', () => {
  const { box, combs } = new Places().place([]);
  expect([combs.length, box.left < 0, box.right > 0]).toEqual([0, true, true]);
});
