// Which hashes a proof is made of. Each hash of a proof is the root of a range of leaves: one complete subtree, or, at
// the right edge of the tree, several that are folded into one. Known without any hash, so that a host can fetch the
// tiles first. Order: from the leaf to the root. Source: RFC 6962 sections 2.1.1 and 2.1.2.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { levelsOf } from './frontier.ts';
import { isCount } from './tree-hasher.ts';

/** The complete subtree of leaves [index * 2^level, (index + 1) * 2^level); level 0 are the leaves. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/** A leaf of a tree of `size` leaves. */
export interface InclusionRange {
  readonly index: number;
  readonly size: number;
}

/** A tree of `first` leaves that is the start of one of `second`. */
export interface ConsistencyRange {
  readonly first: number;
  readonly second: number;
}

/** One list for each hash of a proof: the subtrees, left to right, that fold into it. */
export type ProofNodes = readonly (readonly NodeId[])[];

/** PATH(index, D[size]): what proves that the leaf is in the tree. RFC 6962 section 2.1.1. */
export function inclusionNodes({ index, size }: InclusionRange): Outcome<ProofNodes> {
  if (!isCount(size)) return refused(`a tree size is a whole number up to 2^53 - 1, got ${size}`);
  if (!isCount(index) || index >= size) return refused(`no leaf ${index} in a tree of ${size}`);
  return accepted(siblings(0, index, size));
}

/**
 * PROOF(first, D[second]): what proves that the tree of `second` leaves begins with that of `first`. None for equal
 * sizes, and none for `first` 0, where there is nothing to prove. RFC 6962 section 2.1.2.
 */
export function consistencyNodes({ first, second }: ConsistencyRange): Outcome<ProofNodes> {
  if (!isCount(first) || !isCount(second)) {
    return refused(`tree sizes are whole numbers up to 2^53 - 1, got ${first} and ${second}`);
  }
  if (first > second) return refused(`a tree of ${second} cannot begin with one of ${first}`);
  if (first === 0 || first === second) return accepted([]);
  const level = trailingZeros(first);
  const seed: NodeId = { level, index: first / 2 ** level - 1 };
  const path = siblings(level, first - 1, second);
  // A verifier has the root of a first tree that is one complete subtree.
  return accepted(seed.index === 0 ? path : [[seed], ...path]);
}

/** The complete subtrees that a tree of `size` leaves is made of, left to right: they fold into its root. */
export function rootNodes(size: number): Outcome<readonly NodeId[]> {
  if (!isCount(size)) return refused(`a tree size is a whole number up to 2^53 - 1, got ${size}`);
  return accepted(subtreesFrom(0, size));
}

/** From `fromLevel` up, the ranges beside the path from a leaf to the root of a tree of `size`. */
function siblings(fromLevel: number, leaf: number, size: number): NodeId[][] {
  const ranges: NodeId[][] = [];
  let level = fromLevel;
  let index = Math.floor(leaf / 2 ** level);
  let last = Math.floor((size - 1) / 2 ** level);
  while (last > 0) {
    if ((index & 1) === 1) ranges.push([{ level, index: index - 1 }]);
    else if (index + 1 < last) ranges.push([{ level, index: index + 1 }]);
    else if (index + 1 === last) ranges.push(subtreesFrom(last * 2 ** level, size));
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
    level += 1;
  }
  return ranges;
}

/** The complete subtrees of leaves [start, size), left to right; `start` is a multiple of the largest. */
function subtreesFrom(start: number, size: number): NodeId[] {
  let at = start;
  return levelsOf(size - start).map((level) => {
    const index = at / 2 ** level;
    at += 2 ** level;
    return { level, index };
  });
}

/** How often 2 divides `value`, which is not 0. */
function trailingZeros(value: number): number {
  let count = 0;
  for (let left = value; (left & 1) === 0; left /= 2) count += 1;
  return count;
}
