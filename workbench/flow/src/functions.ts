// The table of functions: starts, and where each ends, how sure it is, whether it comes back.

import { type Code, positionOf, rangeAt } from './code.ts';
import type { Findings } from './findings.ts';
import { type FunctionTable, SOURCE } from './program.ts';
import { lastAtMost } from './start-set.ts';
import type { Found } from './starts.ts';

/** How sure a source alone makes a start, 0 to 100. The file's own words are right unless it lies; the rest is measured in FUNCTION-STARTS.md. */
const CONFIDENCE: readonly (readonly [source: number, confidence: number])[] = [
  [SOURCE.symbol, 100],
  [SOURCE.entry, 100],
  [SOURCE.stub, 99],
  [SOURCE.export, 98],
  [SOURCE.initialiser, 98],
  [SOURCE.unwind, 97],
  [SOURCE.call, 90],
  [SOURCE.pointer, 80],
  [SOURCE.jump, 70],
  [SOURCE.prologue, 60],
];

/** The functions that start at `found`, with no function known not to come back yet. */
export function functionTable(code: Code, findings: Findings, { starts, described }: Found): FunctionTable {
  const { addresses, sources } = starts;
  const count = addresses.length;
  const ends = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const next = row + 1 < count ? (addresses[row + 1] as number) : Infinity;
    ends[row] = endOf(code, findings, { start: addresses[row] as number, next, described });
  }
  return {
    count,
    starts: addresses,
    ends,
    sources,
    confidences: Uint8Array.from(sources, confidenceOf),
    noReturns: new Uint8Array(count),
  };
}

function confidenceOf(sources: number): number {
  return CONFIDENCE.find(([source]) => (sources & source) !== 0)?.[1] ?? 0;
}

interface Place extends Pick<Found, 'described'> {
  readonly start: number;
  readonly next: number;
}

/** The file's own end where it has one, else the last instruction before the next function. */
function endOf(code: Code, { instructions }: Findings, { start, next, described }: Place): number {
  const row = lastAtMost(described.starts, start);
  const own = row >= 0 && described.starts[row] === start ? (described.ends[row] as number) : start;
  if (own > start) return Math.min(own, next);
  const range = rangeAt(code, start);
  if (range === undefined) return start;
  const limit = Math.min(next, range.end);
  let last = limit - 1;
  while (last > start && !instructions.has(positionOf(code, last))) last--;
  const step = { length: 1, flow: 0, target: -1 };
  code.decoder.step(range, last - range.address, step);
  return Math.min(limit, last + step.length);
}
