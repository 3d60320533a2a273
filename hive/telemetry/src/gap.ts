// Cursors that a crash left in doubt. Before a ring gives out cursors, room for them is reserved on disk; after a crash it
// goes on at the end of what was reserved, and how many of those between were really given out, nobody knows.

/** Cursors from `from` up to `to`, of which an unknown part was given out. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Gaps that are remembered of one ring; beyond, the two oldest become one, with what is known between them in doubt too. */
export const GAPS_MAX = 4;

/** How many cursors of [from, to) lie in gaps. */
export function unknownIn(gaps: readonly Gap[], from: number, to: number): number {
  return gaps.reduce((sum, gap) => sum + Math.max(0, Math.min(to, gap.to) - Math.max(from, gap.from)), 0);
}

/** The gaps with one more at the end, at most `GAPS_MAX`. An empty one is none. */
export function withGap(gaps: readonly Gap[], gap: Gap): readonly Gap[] {
  if (gap.from >= gap.to) return gaps;
  const all = [...gaps, gap];
  const [first, second, ...rest] = all;
  if (all.length <= GAPS_MAX || first === undefined || second === undefined) return all;
  return [{ from: first.from, to: second.to }, ...rest];
}
