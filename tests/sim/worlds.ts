// Which worlds a test run simulates, and the tests about them. `COHESIX_SIM_SEEDS` says how many, `COHESIX_SIM_FIRST` from which
// seed on. Two test files share them, so that two cores do.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env.COHESIX_SIM_SEEDS ?? 500);
const FIRST = Number(process.env.COHESIX_SIM_FIRST ?? 1);
/** Worlds in one test. */
const BLOCK = 25;
const BLOCK_MS = 300_000;
/** Fewer worlds than this need not see everything. */
const ENOUGH = 200;

/** What must happen somewhere in a few hundred worlds; if not, the simulation has lost sight of it. */
const MUST_HAPPEN = [
  'ok',
  'needs-approval',
  'approval-denied',
  'audit-unavailable',
  'lifecycle-denied',
  'invalid-transition',
  'revoked',
  'expired',
  'limit',
  'busy',
  'timeout',
  'unreachable',
  'kill',
  'power cut',
  'crash in a write',
  'torn tail',
  'restart',
  'start refused',
  'restarted sealed',
  'resumed',
  'second busy',
  'disk full',
  'slow disk',
  'clock jump',
  'clock freeze',
  'clock strobe',
  'connection lost',
  'connection stalled',
  'half closed',
  'from a snapshot',
  'several segments',
];

/** Half of the worlds: those whose seed is even, or odd. */
export function testWorlds(parity: 0 | 1): void {
  const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST + index).filter((seed) => seed % 2 === parity);
  const happened = new Map<string, number>();
  for (let at = 0; at < seeds.length; at += BLOCK) {
    const block = seeds.slice(at, at + BLOCK);
    test(`nothing breaks in the worlds of seeds ${block[0]} to ${block.at(-1)}`, { timeout: BLOCK_MS }, async () => {
      for (const [what, count] of await runAll(block)) happened.set(what, (happened.get(what) ?? 0) + count);
    });
  }
  if (seeds.length < ENOUGH) return;
  test('everything a world can know happened somewhere', () => {
    expect(MUST_HAPPEN.filter((what) => !happened.has(what))).toEqual([]);
  });
}

/** The worlds that once showed a defect. */
export function testKeptSeeds(): void {
  const text = readFileSync(new URL('./seeds.txt', import.meta.url), 'utf8');
  const kept = [...text.matchAll(/^(\d+) +(.+)$/gm)];
  describe('worlds that once broke', () => {
    for (const [, seed, what] of kept)
      test(`${seed}: ${what}`, { timeout: BLOCK_MS }, async () => {
        await simulate(Number(seed));
      });
  });
}

/** Runs worlds one after the other; how often what happened in all of them. All that fail are told. */
async function runAll(seeds: readonly number[]): Promise<ReadonlyMap<string, number>> {
  const happened = new Map<string, number>();
  const failures: string[] = [];
  for (const seed of seeds) {
    const done = await simulate(seed).catch((error: unknown) => String(error instanceof Error ? error.message : error));
    if (typeof done === 'string') failures.push(done);
    else for (const [what, count] of done.counts) happened.set(what, (happened.get(what) ?? 0) + count);
  }
  if (failures.length > 0) throw new Error(`${failures.length} worlds broke.\n\n${failures.join('\n\n')}`);
  return happened;
}
