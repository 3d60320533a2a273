// The test of an exhaustive model: nothing that must not be can be reached, and there was enough to reach.

import { expect, test } from 'vitest';
import { exploredText, type Named } from './explore.ts';

const EXPLORE_MS = 600_000;

/** One test for each model. */
export function testModels(what: string, models: readonly Named[]): void {
  test.each(models)(`$name: ${what}`, { timeout: EXPLORE_MS }, (model) => {
    const found = model.explore();
    console.log(exploredText(model, found));
    expect(found.broken).toEqual([]);
    expect(found.states).toBeGreaterThan(model.statesMin);
  });
}
