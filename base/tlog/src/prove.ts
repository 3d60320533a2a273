// Makes inclusion and consistency proofs, and roots of earlier trees, out of the hashes of complete subtrees.
// Source: RFC 6962 sections 2.1.1 and 2.1.2.

import { accepted, type Outcome, refused } from '@cohesix/check';
import {
  type ConsistencyRange,
  consistencyNodes,
  type InclusionRange,
  inclusionNodes,
  type NodeId,
  type ProofNodes,
  rootNodes,
} from './proof-nodes.ts';
import type { TreeHasher } from './tree-hasher.ts';

/** The hash of a complete subtree (32 bytes, not to be changed), or undefined when it is not at hand. */
export type HashSource = (level: number, index: number) => Uint8Array | undefined;

/** PATH(index, D[size]), from the leaf's sibling to the root's child. RFC 6962 section 2.1.1. */
export function proveInclusion(hasher: TreeHasher, source: HashSource, range: InclusionRange): Outcome<Uint8Array[]> {
  const nodes = inclusionNodes(range);
  return nodes.ok ? proofOf(hasher, source, nodes.value) : nodes;
}

/** PROOF(first, D[second]); no hashes when `first` is 0 or `second`. RFC 6962 section 2.1.2. */
export function proveConsistency(
  hasher: TreeHasher,
  source: HashSource,
  range: ConsistencyRange,
): Outcome<Uint8Array[]> {
  const nodes = consistencyNodes(range);
  return nodes.ok ? proofOf(hasher, source, nodes.value) : nodes;
}

/** The root of the tree of `size` leaves; it may be an earlier one than `source` is of. RFC 6962 section 2.1. */
export function rootAt(hasher: TreeHasher, source: HashSource, size: number): Outcome<Uint8Array> {
  const nodes = rootNodes(size);
  if (!nodes.ok) return nodes;
  return size === 0 ? accepted(hasher.emptyRoot) : fold(hasher, source, nodes.value);
}

function proofOf(hasher: TreeHasher, source: HashSource, nodes: ProofNodes): Outcome<Uint8Array[]> {
  const proof: Uint8Array[] = [];
  for (const range of nodes) {
    const folded = fold(hasher, source, range);
    if (!folded.ok) return folded;
    proof.push(folded.value);
  }
  return accepted(proof);
}

/** The root over subtrees of falling size, right to left. */
function fold(hasher: TreeHasher, source: HashSource, range: readonly NodeId[]): Outcome<Uint8Array> {
  let root: Uint8Array | undefined;
  for (const { level, index } of range.toReversed()) {
    const hash = source(level, index);
    if (hash === undefined) return refused(`no hash of level ${level} index ${index}`);
    root = root === undefined ? hash : hasher.node(hash, root);
  }
  return root === undefined ? refused('an empty range has no root') : accepted(root);
}
