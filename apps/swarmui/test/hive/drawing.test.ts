import { expect, test } from 'vitest';
import {
  type Camera,
  fit,
  isIn,
  panned,
  seen,
  toWorld,
  ZOOM_MAX,
  ZOOM_MIN,
  zoomed,
} from '../../src/places/hive/camera.ts';
import { CIRCLE_INSTANCES, line } from '../../src/places/hive/circles.ts';
import { type Drawn, draw, instancesFor, type Picture } from '../../src/places/hive/drawing.ts';
import { FRAME, glyphFrame } from '../../src/places/hive/frames.ts';
import { Gestures } from '../../src/places/hive/gestures.ts';
import { Instances, mixed, VERTEX_BYTES } from '../../src/places/hive/instances.ts';
import { stageKey } from '../../src/places/hive/keys.ts';
import { Places } from '../../src/places/hive/layout.ts';
import { Quality } from '../../src/places/hive/lod.ts';
import { combAt, nextIn, workerAt } from '../../src/places/hive/pick.ts';
import { Sim } from '../../src/places/hive/sim.ts';
import { parseColor } from '../../src/style/tokens.ts';
import { fleetOf } from './fleets.ts';

const SIZE = { width: 1000, height: 600 };
const PALETTE = { kinds: [0x0000ff], queen: 1, error: 0xff0000, accent: 3, ink: 4, inkSoft: 5, background: 6 };

function pictureOf(count: number, look: Partial<Camera> = {}): Picture {
  const { workers } = fleetOf(1, count);
  const layout = new Places().place(workers);
  const sim = new Sim();
  sim.setFleet(workers, layout, new Map([['heartbeat', 0]]));
  const camera = { ...fit(layout.box, SIZE), ...look };
  const labels = workers.map(({ number }) => String(number));
  return {
    sim,
    layout,
    labels,
    isStarting: () => false,
    selected: undefined,
    focused: undefined,
    camera,
    size: SIZE,
    palette: PALETTE,
  };
}

function drawnOf(picture: Picture): { readonly drawn: Drawn; readonly instances: Instances } {
  const instances = new Instances(1);
  const budget = new Quality().budget(picture.camera.zoom, 0);
  instances.reserve(instancesFor(picture, budget.labels));
  const drawn = { bees: 0, labels: 0, marks: 0, pollen: 0, pulses: 0 };
  draw(picture, budget, instances, drawn);
  return { drawn, instances };
}

test('near enough every worker is drawn with its label', () => {
  expect(drawnOf(pictureOf(80)).drawn).toMatchObject({ bees: 80, labels: 80, marks: 0 });
});

test('from far away a mark stands for each comb, and nothing under it is drawn', () => {
  const { drawn, instances } = drawnOf(pictureOf(10_000));
  expect(drawn).toMatchObject({ bees: 0, labels: 0, marks: Math.ceil(10_000 / 91) });
  expect(instances.count).toBeLessThan(2000);
});

test('what is off the screen is not drawn', () => {
  const picture = pictureOf(10_000, { x: 600, y: 300, zoom: 2 });
  const { drawn, instances } = drawnOf(picture);
  const box = seen(picture.camera, SIZE, 30);
  const inBox = [...picture.layout.xs].filter((x, index) => isIn(box, x, picture.layout.ys[index]!)).length;
  expect(drawn.bees).toBeGreaterThan(0);
  expect(drawn.bees).toBeLessThanOrEqual(inBox);
  const combs = picture.layout.combs.filter(({ x, y, radius }) => isIn(seen(picture.camera, SIZE, radius + 30), x, y));
  expect(instances.count).toBeLessThan(drawn.bees * 12 + combs.length * 2 * CIRCLE_INSTANCES + 100);
  expect(drawnOf(pictureOf(50, { x: 99_999, y: 0, zoom: 1 })).drawn).toMatchObject({ bees: 0, labels: 0 });
});

test('there is always room for the whole picture', () => {
  for (const count of [0, 1, 91, 1500]) {
    const picture = pictureOf(count, { zoom: 0.8 });
    picture.sim.heat.fill(1);
    const { instances } = drawnOf(picture);
    expect(instances.count).toBeLessThan(instances.capacity);
  }
});

test('instances are packed as the shader reads them: four corners, the colour premultiplied', () => {
  const instances = new Instances(2);
  instances.add(10, 20, 8, FRAME.bee, 0x102030, 0.5);
  const view = new DataView(instances.floats.buffer);
  const at = (corner: number) => [0, 4].map((field) => view.getFloat32(corner * VERTEX_BYTES + field, true));
  expect([0, 1, 2, 3].map(at)).toEqual([
    [6, 16],
    [14, 16],
    [14, 24],
    [6, 24],
  ]);
  expect([12, 13, 14, 15].map((byte) => view.getUint8(byte))).toEqual([0x08, 0x10, 0x18, 128]);
  instances.add(0, 0, 0, 0, 0, 0);
  instances.add(0, 0, 0, 0, 0, 0);
  expect(instances.count).toBe(2);
});

test('of a digit only its ink is drawn, in the middle of where its cell would be', () => {
  const instances = new Instances(1);
  instances.add(0, 0, 64, glyphFrame('7'.charCodeAt(0)), 0, 1);
  const [left = 0, top = 0] = instances.floats;
  expect([left < -8 && left > -20, top < -16 && top > -32]).toEqual([true, true]);
  expect(instances.floats[8]).toBe(-left);
  expect(instances.floats[9]).toBe(-top);
});

test('a line around a circle stays as thin at any zoom, and is on the circle', () => {
  for (const pixel of [0.25, 4]) {
    const instances = new Instances(CIRCLE_INSTANCES);
    line(instances, { x: 100, y: 0, radius: 400, pixel }, 0xffffff, 1, 3);
    expect(instances.count).toBeGreaterThan(16);
    for (let corner = 0; corner < instances.count * 4; corner += 1) {
      const [x = 0, y = 0] = instances.floats.subarray(corner * 4);
      expect(Math.abs(Math.hypot(x - 100, y) - 400)).toBeLessThan(2.01 * pixel);
    }
  }
});

test('from far away a mark has one ring, however many of its workers were refused something', () => {
  const picture = pictureOf(10_000);
  for (let number = 1; number <= 60; number += 1) picture.sim.event(`worker-${number}`, 0, 1);
  picture.sim.step();
  expect(drawnOf(picture).drawn.pulses).toBe(1);
});

test('from far away every kind is named, where there is room under the mark', () => {
  const one = pictureOf(1, { zoom: 0.6 });
  const written = drawnOf(one).instances.count;
  const without = {
    ...one,
    layout: { ...one.layout, combs: one.layout.combs.map((comb) => ({ ...comb, named: undefined })) },
  };
  expect(written - drawnOf(without).instances.count).toBe('heartbeat'.length);
});

test('colours mix by channel', () => {
  expect([mixed(0x000000, 0xff8040, 0.5), mixed(1, 2, 0), mixed(1, 2, 1)]).toEqual([0x804020, 1, 2]);
  expect([parseColor('#ff6b6b'), parseColor('#fff'), parseColor('red')]).toEqual([0xff6b6b, 0xffffff, undefined]);
});

test('zooming keeps what is under the pointer, within bounds', () => {
  const camera = { x: 10, y: 20, zoom: 1 };
  const at = { x: 100, y: 50 };
  const nearer = zoomed(camera, 1.5, SIZE, at);
  expect(toWorld(nearer, SIZE, at)).toEqual(toWorld(camera, SIZE, at));
  expect(zoomed(camera, 1e9, SIZE).zoom).toBe(ZOOM_MAX);
  expect(zoomed(camera, 0, SIZE).zoom).toBe(ZOOM_MIN);
  expect(panned(nearer, 15, -30)).toMatchObject({ x: nearer.x - 10, y: nearer.y + 20 });
});

test('a click means the worker it is near to, or nobody', () => {
  const { sim, layout } = pictureOf(100);
  const at = { x: layout.xs[7]! + 5, y: layout.ys[7]! - 4 };
  expect(workerAt(sim, at, 12)).toBe(7);
  expect(workerAt(sim, { x: 0, y: 0 }, 12)).toBeUndefined();
  expect(combAt(layout, layout.combs[0]!)).toBe(layout.combs[0]);
});

test('with the arrows every worker can be reached, and the edge is the end', () => {
  const { layout } = pictureOf(200);
  const reached = new Set([0]);
  for (const from of reached)
    for (const direction of ['left', 'right', 'up', 'down'] as const) reached.add(nextIn(layout, from, direction));
  expect(reached.size).toBe(200);
  const rightmost = layout.xs.indexOf(Math.max(...layout.xs));
  expect(nextIn(layout, rightmost, 'right')).toBe(rightmost);
});

test('a press without a move is a click; a drag pans; two fingers zoom and are no click', () => {
  const told: string[] = [];
  const gestures = new Gestures({
    pan: (dx, dy) => told.push(`pan ${dx} ${dy}`),
    zoom: (factor) => told.push(`zoom ${factor.toFixed(2)}`),
    click: ({ x, y }) => told.push(`click ${x} ${y}`),
  });
  gestures.down(1, { x: 5, y: 5 });
  gestures.move(1, { x: 6, y: 5 });
  gestures.up(1, { x: 6, y: 5 });
  gestures.down(1, { x: 0, y: 0 });
  gestures.move(1, { x: 20, y: 0 });
  gestures.up(1, { x: 20, y: 0 });
  gestures.down(1, { x: 0, y: 0 });
  gestures.down(2, { x: 10, y: 0 });
  gestures.move(2, { x: 20, y: 0 });
  gestures.up(2, { x: 20, y: 0 });
  gestures.up(1, { x: 0, y: 0 });
  gestures.wheel(-600, 0, { x: 0, y: 0 });
  expect(told).toEqual(['click 6 5', 'pan 20 0', 'zoom 2.00', 'pan 5 0', 'zoom 2.72']);
});

test('keys of the stage; those with Ctrl, Alt or Meta belong to the page', () => {
  const key = (name: string, more = {}) =>
    stageKey({ key: name, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });
  expect(key('ArrowUp')).toEqual({ kind: 'move', direction: 'up' });
  expect(key('ArrowLeft', { shiftKey: true })).toMatchObject({ kind: 'pan', dx: 80 });
  expect(key('Enter')).toEqual({ kind: 'select' });
  expect([key('1', { altKey: true }), key('k', { ctrlKey: true }), key('x'), key('Tab')]).toEqual(
    Array(4).fill(undefined),
  );
});
