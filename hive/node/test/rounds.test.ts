// Turns that are spread over a round: everybody has one a round, and no step has many more than its share.

import { expect, it } from 'vitest';
import { ROUND_STEPS, Rounds } from '../src/workers/rounds.ts';

function roundOf<T>(rounds: Rounds<T>): readonly (readonly T[])[] {
  return Array.from({ length: ROUND_STEPS }, () => rounds.step());
}

it('what is added has its first turn a round later, and then one each round', () => {
  const rounds = new Rounds<string>();
  rounds.step();
  rounds.add('a');
  for (let round = 0; round < 3; round++) {
    const turns = roundOf(rounds).map((due) => due.length);
    expect(turns.indexOf(1)).toBe(ROUND_STEPS - 1);
    expect(turns.filter((count) => count > 0).length).toBe(1);
  }
});

it('what was taken away has no turn, and what was never there can be taken away', () => {
  const rounds = new Rounds<string>();
  rounds.add('a');
  rounds.add('b');
  rounds.delete('a');
  rounds.delete('c');
  expect(roundOf(rounds).flat()).toEqual(['b']);
});

it('thousands that come at once are spread: in the third round no step has more than one and a half shares', () => {
  const rounds = new Rounds<number>();
  const all = Array.from({ length: 10_000 }, (_, index) => index);
  for (const each of all) rounds.add(each);
  const turns = [...roundOf(rounds), ...roundOf(rounds)].flat();
  expect(new Set(turns).size).toBe(all.length);
  const third = roundOf(rounds);
  expect(Math.max(...third.map((due) => due.length))).toBe((1.5 * all.length) / ROUND_STEPS);
  expect(new Set(third.flat()).size).toBe(third.flat().length);
});
