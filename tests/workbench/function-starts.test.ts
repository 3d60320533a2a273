// Function starts of stripped copies against the symbols of the originals, with and without unwind data. The bars are those of the
// design; workbench/flow/FUNCTION-STARTS.md has the table of a run. Node's own binary (100,000 functions) is scored when
// COHESIX_STARTS_FILE names it.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fixture, fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { type Score, scoreOf } from './support/function-starts.ts';

/** Unstripped programs of both instruction sets; `static` ones hold a thousand functions of libc. */
const PROGRAMS = fixtureFacts({ format: 'elf' })
  .filter(
    ({ isa, name }) =>
      (isa === 'x86-64' || isa === 'aarch64') && !/stripped|relocatable|headerless|arm64be|core/.test(name),
  )
  .map(({ name }) => name);

const TOOLS_MS = 120_000;

interface Sum {
  readonly truth: number;
  readonly found: number;
  readonly right: number;
  readonly f1: number;
}

function sumOf(scores: readonly Score[]): Sum {
  const add = (pick: (score: Score) => number): number => scores.reduce((sum, score) => sum + pick(score), 0);
  const [truth, found, right] = [add((score) => score.truth), add((score) => score.found), add((score) => score.right)];
  return { truth, found, right, f1: (2 * right) / (truth + found) };
}

function lineOf(name: string, { truth, found, right, f1 }: Sum): string {
  return `${name.padEnd(30)} ${String(truth).padStart(7)} ${String(found).padStart(7)} ${String(right).padStart(7)}  ${f1.toFixed(4)}`;
}

describe.each([
  ['x86-64', true, 0.98],
  ['x86-64', false, 0.9],
  ['aarch64', true, 0.98],
  ['aarch64', false, 0.9],
] as const)('%s, unwind data %s', (isa, withUnwind, bar) => {
  it(`finds function starts with an F1 of at least ${bar}`, { timeout: TOOLS_MS }, () => {
    const programs: readonly Fixture[] = PROGRAMS.map(fixture).filter((one) => one.isa === isa);
    const scored = programs.map((one) => ({ name: one.name, score: scoreOf(one.bytes, withUnwind) }));
    const all = sumOf(scored.map(({ score }) => score));
    console.log([...scored.map(({ name, score }) => lineOf(name, score)), lineOf('all', all)].join('\n'));
    expect(all.truth).toBeGreaterThan(500);
    expect(all.f1).toBeGreaterThanOrEqual(bar);
  });
});

const FILE = process.env.COHESIX_STARTS_FILE;

if (FILE !== undefined)
  describe('a large program', () => {
    it.each([
      [true, 0.98],
      [false, 0.9],
    ] as const)('unwind data %s: an F1 of at least %s', { timeout: 10 * TOOLS_MS }, (withUnwind, bar) => {
      const score = scoreOf(new Uint8Array(readFileSync(FILE)), withUnwind);
      console.log(lineOf(withUnwind ? 'with unwind data' : 'without', score));
      expect(score.f1).toBeGreaterThanOrEqual(bar);
    });
  });
