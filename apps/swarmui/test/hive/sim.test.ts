import { expect, test } from 'vitest';
import { Places } from '../../src/places/hive/layout.ts';
import { intensityOf, levelOf, nextPressure, Quality } from '../../src/places/hive/lod.ts';
import { Particles } from '../../src/places/hive/particles.ts';
import { Recall } from '../../src/places/hive/recall.ts';
import { Sim, STEP_S } from '../../src/places/hive/sim.ts';
import { fleetOf } from './fleets.ts';

const EVERYWHERE = { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 };

function simOf(count: number, seed = 1): Sim {
  const sim = new Sim({ seed });
  const { workers } = fleetOf(1, count);
  sim.setFleet(workers, new Places().place(workers), new Map([['heartbeat', 0]]));
  sim.grainsFrom = EVERYWHERE;
  return sim;
}

function steps(sim: Sim, seconds: number): void {
  for (let step = 0; step < seconds / STEP_S; step += 1) sim.step();
}

/** Everything that a picture is made of. */
function stateOf(sim: Sim): unknown {
  const { pollen, pulses, heat, x, y } = sim;
  const of = ({ x, y, left, count }: Particles) => [count, [...x], [...y], [...left]];
  return { heat: [...heat], x: [...x], y: [...y], pollen: of(pollen), pulses: of(pulses) };
}

test('the same events give the same picture', () => {
  const [one, other] = [simOf(50), simOf(50)].map((sim) => {
    for (let tick = 0; tick < 40; tick += 1) {
      sim.event(`worker-${(tick % 50) + 1}`, 3, tick % 9 === 0 ? 1 : 0);
      sim.step();
    }
    return stateOf(sim);
  });
  expect(one).toEqual(other);
  expect((one as { pollen: unknown[] }).pollen[0]).toBeGreaterThan(0);
});

test('time in one piece or in many makes the same picture', () => {
  const [one, other] = [simOf(3), simOf(3)];
  one.event('worker-1', 1, 0);
  other.event('worker-1', 1, 0);
  one.advance(100);
  for (let part = 0; part < 50; part += 1) other.advance(2);
  expect(one.heat[0]).toBeCloseTo(other.heat[0]!, 5);
});

test('a worker that writes is warm, sends grains, and comes to rest when it is done', () => {
  const sim = simOf(3);
  sim.event('worker-2', 5, 0);
  expect(sim.heat[1]).toBeGreaterThan(0.3);
  expect(sim.pollen.count).toBe(3);
  steps(sim, 10);
  expect([sim.heat[1], sim.pollen.count, sim.isMoving]).toEqual([0, 0, false]);
});

test('grains fly towards the queen', () => {
  const sim = simOf(1);
  sim.event('worker-1', 1, 0);
  const far = (): number => Math.hypot(sim.pollen.x[0]!, sim.pollen.y[0]!);
  const before = far();
  steps(sim, 0.1);
  expect(far()).toBeLessThan(before);
});

test('an error is one ring, however many there are of them, and another one later', () => {
  const sim = simOf(3);
  for (let error = 0; error < 20; error += 1) sim.event('worker-1', 0, 3);
  expect(sim.pulses.count).toBe(1);
  expect(sim.redness(0)).toBeGreaterThan(0.9);
  steps(sim, 2);
  expect([sim.pulses.count, sim.redness(0)]).toEqual([0, 0]);
  sim.event('worker-1', 0, 1);
  expect(sim.pulses.count).toBe(1);
});

test('there are at most 240 grains and 80 rings, whatever happens', () => {
  const sim = simOf(500);
  for (let number = 1; number <= 500; number += 1) sim.event(`worker-${number}`, 100, 1);
  expect([sim.pollen.count, sim.pulses.count]).toEqual([240, 80]);
  sim.step();
  expect(sim.pollen.count).toBeLessThanOrEqual(240);
});

test('without motion nothing drifts or flies; an error leaves a mark for a while', () => {
  const sim = simOf(3);
  sim.isStill = true;
  sim.event('worker-1', 5, 1);
  expect([sim.pollen.count, sim.pulses.count, sim.driftX(0), sim.driftY(0)]).toEqual([0, 0, 0, 0]);
  expect(sim.isMarked(0)).toBe(true);
  expect(sim.heat[0]).toBeGreaterThan(0);
  steps(sim, 6);
  expect([sim.isMarked(0), sim.isMoving]).toEqual([false, false]);
});

test('two busy neighbours that drift do not touch', () => {
  const sim = simOf(91);
  sim.heat.fill(1);
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 300; step += 1) {
    sim.heat.fill(1);
    sim.step();
    for (let one = 0; one < 91; one += 1)
      for (let other = one + 1; other < 91; other += 1)
        least = Math.min(
          least,
          Math.hypot(
            sim.x[one]! + sim.driftX(one) - sim.x[other]! - sim.driftX(other),
            sim.y[one]! + sim.driftY(one) - sim.y[other]! - sim.driftY(other),
          ),
        );
  }
  expect(least).toBeGreaterThan(20);
});

test('another fleet: who was there keeps its warmth, and moves to its place', () => {
  const sim = simOf(5);
  sim.event('worker-4', 9, 0);
  const warm = sim.heat[3]!;
  const { workers } = fleetOf(3, 200);
  const layout = new Places().place(workers);
  sim.setFleet(workers, layout, new Map([['heartbeat', 0]]));
  expect(sim.heat[1]).toBe(warm);
  expect(sim.indexOf('worker-1')).toBeUndefined();
  steps(sim, 2);
  expect(sim.x[1]).toBeCloseTo(layout.xs[1]!, 3);
});

test('events of workers that are not in the fleet do nothing', () => {
  const sim = simOf(1);
  steps(sim, 1);
  sim.event('worker-99', 1, 1);
  expect([sim.pollen.count, sim.pulses.count, sim.isMoving]).toEqual([0, 0, false]);
});

test('grains that end make room; the last takes the place of the one that ended', () => {
  const particles = new Particles(2);
  particles.add(10, 0, 1, 0);
  particles.add(20, 0, 5, 3);
  expect(particles.add(30, 0, 5, 0)).toBe(-1);
  particles.step(2, 0);
  expect([particles.count, particles.x[0], particles.kind[0]]).toEqual([1, 20, 3]);
});

test('levels of zoom, and less under pressure', () => {
  expect([0.1, 0.69, 0.7, 1.25, 1.26].map(levelOf)).toEqual(['cluster', 'cluster', 'balanced', 'balanced', 'detail']);
  expect([0, 1, 5].map(intensityOf)).toEqual([1, 0.6, 0.35]);
  let pressure = 0;
  for (let step = 0; step < 200; step += 1) pressure = nextPressure(pressure, 1024);
  expect(pressure).toBeCloseTo(2, 1);
  const quality = new Quality();
  expect(quality.budget(1, 0)).toMatchObject({ level: 'balanced', hasPollen: true, hasAuras: true });
  expect(quality.budget(1, pressure)).toMatchObject({ labels: 0, hasPollen: false });
  expect(quality.budget(0.3, 0).hasPollen).toBe(false);
});

test('slow pictures have fewer labels, and all of them again when they are fast', () => {
  const quality = new Quality();
  const whole = quality.budget(1, 0).labels;
  for (let picture = 0; picture < 60; picture += 1) quality.took(40, 16);
  expect(quality.budget(1, 0).labels).toBeLessThan(whole / 4);
  for (let picture = 0; picture < 300; picture += 1) quality.took(1, 16);
  expect(quality.budget(1, 0).labels).toBe(whole);
});

test('pictures that come slowly are made of less, the dearest left out first; when nothing moves all is there', () => {
  const quality = new Quality();
  const parts = () => {
    const { hasHulls, hasAuras, hasLines } = quality.budget(1, 0);
    return [hasHulls, hasAuras, hasLines].map(Number).join('');
  };
  const seen = new Set([parts()]);
  for (let picture = 0; picture < 40; picture += 1) {
    quality.took(1, 60);
    seen.add(parts());
  }
  expect([...seen]).toEqual(['111', '011', '001', '000']);
  expect(quality.budget(1, 0, true)).toMatchObject({ hasHulls: true, hasAuras: true, hasLines: true });
  for (let picture = 0; picture < 400; picture += 1) quality.took(1, undefined);
  expect(parts()).toBe('000');
  for (let picture = 0; picture < 400; picture += 1) quality.took(1, 16);
  expect(parts()).toBe('111');
});

test('one slow picture is enough to draw less; a page whose pictures the processor makes begins with less; measuring draws all', () => {
  const quality = new Quality();
  quality.took(1, 200);
  expect(quality.budget(1, 0).hasHulls).toBe(false);
  expect(new Quality({ isSoftware: true }).budget(1, 0)).toMatchObject({ hasHulls: false, hasAuras: true });
  const full = new Quality({ isSoftware: true, isFull: true });
  for (let picture = 0; picture < 20; picture += 1) full.took(100, 200);
  expect(full.budget(1, 0)).toMatchObject({ hasHulls: true, hasAuras: true, hasLines: true, labels: 1500 });
});

test('a recording makes the same picture at a moment, whatever was looked at before', () => {
  const lines = Array.from(
    { length: 120 },
    (_, at) => `{"ts_ms":${1000 + at * 100},"n":[["worker-${(at % 50) + 1}",3,${at % 9 === 0 ? 1 : 0}]]}`,
  );
  const at = (until: number, sim = simOf(50)): unknown => {
    const recall = new Recall();
    for (const line of lines.slice(0, until)) recall.line(line);
    recall.into(sim);
    return stateOf(sim);
  };
  const played = simOf(50);
  for (let until = 1; until <= 100; until += 7) at(until, played);
  expect(at(60, played)).toEqual(at(60));
  expect(at(110, played)).toEqual(at(110));
  expect(at(110)).not.toEqual(at(60));
  expect((at(60) as { pollen: unknown[] }).pollen[0]).toBeGreaterThan(0);
});

test('what a recording told long before a moment is in its picture no more, and lines that are none do no harm', () => {
  const recall = new Recall();
  const sim = simOf(3);
  for (const line of ['{"ts_ms":1000,"n":[["worker-1",3,1]]}', '~ lost bytes=7 next=9', '{', '{"ts_ms":60000,"n":[]}'])
    recall.line(line);
  recall.into(sim);
  expect([sim.heat[0], sim.pollen.count, sim.pulses.count]).toEqual([0, 0, 0]);
  recall.line('{"ts_ms":60100,"n":[["worker-2",1,0]]}');
  recall.into(sim);
  expect(sim.heat[1]).toBeGreaterThan(0.2);
});
