// Makes an ownership map: parts of the file are claimed in order of trust, and where two claims overlap the first holds.
//
// All ends of claims cut the file into pieces; each claim takes the pieces inside it that are free. A free piece knows
// the next free one (with path halving), so that n claims cost little more than sorting them, also when all overlap.

import type { OwnedRange, OwnerKind } from './ownership.ts';
import { offset } from './units.ts';

interface Claim {
  readonly start: number;
  readonly end: number;
  readonly kind: OwnerKind;
  readonly owner: string;
}

/** Gathers claims on a file of `size` bytes. */
export class Claims {
  private readonly size: number;
  private readonly claims: Claim[] = [];
  /** Most of the file that a claim reaches; bytes from here on nobody describes. */
  end = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** Claims `size` bytes at `start`; what lies outside the file is cut off, and nothing is claimed by 0 bytes. */
  add(start: number, size: number, kind: OwnerKind, owner: string): void {
    const end = Math.min(start + size, this.size);
    if (!(start >= 0 && start < end)) return;
    this.claims.push({ start, end, kind, owner });
    this.end = Math.max(this.end, end);
  }

  /** The map of the whole file; what nobody claimed is slack, and overlay from `overlayAt` on (default: after the last claim). */
  ranges(overlayAt: number = this.end): readonly OwnedRange[] {
    const cuts = Float64Array.from([
      0,
      this.size,
      Math.min(overlayAt, this.size),
      ...this.claims.flatMap(endsOf),
    ]).sort();
    const owners = ownersOf(cuts, this.claims);
    const ranges: OwnedRange[] = [];
    for (let piece = 0; piece + 1 < cuts.length; piece += 1) {
      const start = cuts[piece] as number;
      const size = (cuts[piece + 1] as number) - start;
      if (size > 0)
        append(ranges, start, size, this.claims[owners[piece] as number] ?? unclaimed(start, overlayAt, ranges));
    }
    return ranges;
  }
}

const endsOf = ({ start, end }: Claim): number[] => [start, end];

/** Index of the claim each piece belongs to, or -1. */
function ownersOf(cuts: Float64Array, claims: readonly Claim[]): Int32Array {
  const owners = new Int32Array(cuts.length).fill(-1);
  const nextFree = Uint32Array.from(owners, (_, piece) => piece);
  for (const [index, { start, end }] of claims.entries()) {
    let piece = freeFrom(nextFree, firstAt(cuts, start));
    while (piece + 1 < cuts.length && (cuts[piece] as number) < end) {
      owners[piece] = index;
      nextFree[piece] = piece + 1;
      piece = freeFrom(nextFree, piece + 1);
    }
  }
  return owners;
}

function freeFrom(nextFree: Uint32Array, from: number): number {
  let piece = from;
  while (nextFree[piece] !== piece) {
    const next = nextFree[piece] as number;
    nextFree[piece] = nextFree[next] as number;
    piece = next;
  }
  return piece;
}

/** Index of the first cut at `value`, which is one of them. */
function firstAt(cuts: Float64Array, value: number): number {
  let [low, high] = [0, cuts.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function unclaimed(start: number, overlayAt: number, before: readonly OwnedRange[]): Pick<Claim, 'kind' | 'owner'> {
  if (start >= overlayAt) return { kind: 'overlay', owner: 'overlay' };
  const last = before.at(-1);
  return { kind: 'slack', owner: last === undefined ? 'slack' : `slack after ${last.owner}` };
}

/** Adds a range, or makes the last one longer when both belong to the same. */
function append(
  ranges: OwnedRange[],
  start: number,
  size: number,
  { kind, owner }: Pick<Claim, 'kind' | 'owner'>,
): void {
  const last = ranges.at(-1);
  if (last !== undefined && last.kind === kind && (last.owner === owner || kind === 'slack'))
    ranges[ranges.length - 1] = { ...last, size: last.size + size };
  else ranges.push({ offset: offset(start), size, kind, owner });
}
