// The checker is checked: every defect that is planted is found within a few runs, and a run that found one is made short.

import { createAuthority } from '@cohesix/authority';
import { expect, test } from 'vitest';
import { PLANTS, type Plant } from './plants.ts';
import { firstSteps, play, type Run } from './random.ts';
import { reportOf, shrink } from './shrink.ts';

/** Of a million steps that nothing may escape, the defects get this many. */
const SEEDS = 20;
const STEPS = 3000;
const PLANT_MS = 120_000;

function foundBy({ wrap }: Plant): Run | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = play(seed, firstSteps(STEPS), (manifest) => wrap(createAuthority(manifest)));
    if (run.broken.length > 0) return run;
  }
  return undefined;
}

test.each(PLANTS)('found: $name', { timeout: PLANT_MS }, (plant) => {
  const run = foundBy(plant);
  expect(run?.broken.join('\n')).toMatch(plant.says);
});

test('a run that broke is made short, and the short one breaks again', { timeout: PLANT_MS }, () => {
  const [plant] = PLANTS;
  const found = plant === undefined ? undefined : foundBy(plant);
  if (plant === undefined || found === undefined) throw new Error('nothing was found');
  const make = (manifest: Parameters<typeof createAuthority>[0]) => plant.wrap(createAuthority(manifest));
  const short = shrink(found, make);
  expect(short.steps.length).toBeLessThanOrEqual(8);
  expect(short.run.broken.join()).toMatch(plant.says);
  expect(play(found.seed, short.steps, make).broken).toEqual(short.run.broken);
  expect(play(found.seed, short.steps).broken, 'the authority that is right').toEqual([]);
  expect(reportOf(short)).toContain(`again: COHESIX_MODEL_FIRST=${found.seed}`);
});
