// Checks inclusion and consistency proofs. Never throws for a proof: whatever a peer may send is a refusal.
//
// The names and the steps are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2: `fn` and `sn` are the path's node and
// the last node of a level, counted from 0 and halved level by level; what they leave over says that the proof is as
// long as it must be. `& 1` sees bit 0 of any exact number; halving is exact because the bit is taken off first.

import { HOLDS, refused, type Verdict } from '@cohesix/check';
import { equalHashes, HASH_SIZE, isCount, type TreeHasher, type TreeHead } from './tree-hasher.ts';

/** The claim that a leaf with this hash is at `index` of the tree `head`. */
export interface InclusionClaim {
  readonly index: number;
  readonly leafHash: Uint8Array;
  readonly head: TreeHead;
}

/** The claim that the tree `second` begins with the tree `first`. */
export interface ConsistencyClaim {
  readonly first: TreeHead;
  readonly second: TreeHead;
}

/** Whether `proof` proves that the leaf is in the tree. RFC 9162 section 2.1.3.2. */
export function verifyInclusion(hasher: TreeHasher, claim: InclusionClaim, proof: readonly Uint8Array[]): Verdict {
  const { index, leafHash, head } = claim;
  if (!isCount(head.size)) return refused(`a tree size is a whole number up to 2^53 - 1, got ${head.size}`);
  if (!isCount(index) || index >= head.size) return refused(`no leaf ${index} in a tree of ${head.size}`);
  if (!areHashes([leafHash, head.root]) || !areHashes(proof)) return refused('a hash has 32 bytes');
  let fn = index;
  let sn = head.size - 1;
  let r = leafHash;
  for (const p of proof) {
    if (sn === 0) return refused('the proof is too long');
    if ((fn & 1) === 1 || fn === sn) {
      r = hasher.node(p, r);
      while ((fn & 1) === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      r = hasher.node(r, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) return refused('the proof is too short');
  return equalHashes(r, head.root) ? HOLDS : refused('the proof leads to another root');
}

/**
 * Whether `proof` proves that `second` begins with `first`. RFC 9162 section 2.1.4.2, which is for sizes
 * 0 < first < second. Beside it: trees of one size need one root and no proof, and the tree without leaves, known by
 * its root, is the start of every tree and needs no proof.
 */
export function verifyConsistency(hasher: TreeHasher, claim: ConsistencyClaim, proof: readonly Uint8Array[]): Verdict {
  const { first, second } = claim;
  if (!isCount(first.size) || !isCount(second.size)) {
    return refused(`tree sizes are whole numbers up to 2^53 - 1, got ${first.size} and ${second.size}`);
  }
  if (first.size > second.size) return refused(`a tree of ${second.size} cannot begin with one of ${first.size}`);
  if (!areHashes([first.root, second.root]) || !areHashes(proof)) return refused('a hash has 32 bytes');
  if (first.size === 0 || first.size === second.size) return verifyTrivial(hasher, claim, proof);
  if (proof.length === 0) return refused('the proof is empty');
  return verifyGrowth(hasher, claim, isPowerOfTwo(first.size) ? [first.root, ...proof] : proof);
}

function verifyTrivial(hasher: TreeHasher, { first, second }: ConsistencyClaim, proof: readonly Uint8Array[]): Verdict {
  if (proof.length !== 0) return refused('the proof is too long');
  const same = first.size === second.size ? second.root : hasher.emptyRoot;
  if (!equalHashes(first.root, same)) return refused('the first root is another');
  const isEmptyTree = second.size === 0;
  return !isEmptyTree || equalHashes(second.root, hasher.emptyRoot) ? HOLDS : refused('no leaves, yet another root');
}

/** Steps 3 to 7 of section 2.1.4.2; `path` is not empty. */
function verifyGrowth(hasher: TreeHasher, claim: ConsistencyClaim, path: readonly Uint8Array[]): Verdict {
  let fn = claim.first.size - 1;
  let sn = claim.second.size - 1;
  while ((fn & 1) === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  let fr = path[0] as Uint8Array;
  let sr = fr;
  for (const c of path.slice(1)) {
    if (sn === 0) return refused('the proof is too long');
    if ((fn & 1) === 1 || fn === sn) {
      fr = hasher.node(c, fr);
      sr = hasher.node(c, sr);
      while ((fn & 1) === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = hasher.node(sr, c);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) return refused('the proof is too short');
  if (!equalHashes(fr, claim.first.root)) return refused('the proof leads to another first root');
  return equalHashes(sr, claim.second.root) ? HOLDS : refused('the proof leads to another second root');
}

/** `value` shifted right by one bit, for any exact number. */
function half(value: number): number {
  return (value - (value & 1)) / 2;
}

function isPowerOfTwo(size: number): boolean {
  let left = size;
  while ((left & 1) === 0) left /= 2;
  return left === 1;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(({ length }) => length === HASH_SIZE);
}
