// The right edge of a growing Merkle tree (a compact range from 0): the hashes of the complete subtrees that its size
// is made of, at most one a level. That is all it takes to append and to know the root, 53 hashes at the very most.
//
// Invariant: `nodes[level]` is the hash of a complete subtree of 2^level leaves exactly where bit `level` of the size
// is set; in other places it is stale. Bit operations on sizes above 2^31 are on the low 32 bits, which hold bit 0.
// Source: RFC 6962 section 2.1; https://github.com/transparency-dev/merkle/blob/main/docs/compact_ranges.md

import { ByteReader, ByteWriter } from '@cohesix/bytes';
import { accepted, assert, type Outcome, refused } from '@cohesix/check';
import { HASH_SIZE, TREE_SIZE_MAX, type TreeHasher } from './tree-hasher.ts';

/** Is told each complete subtree as it comes to be: leaf first, then upwards. `hash` is not to be changed. */
export type NodeSink = (level: number, index: number, hash: Uint8Array) => void;

/** A tree that only grows, known by its right edge. */
export class Frontier {
  private readonly hasher: TreeHasher;
  private readonly nodes: Uint8Array[] = [];
  private leafCount = 0;

  /** The tree without leaves. */
  constructor(hasher: TreeHasher) {
    this.hasher = hasher;
  }

  /** Leaves so far. */
  get size(): number {
    return this.leafCount;
  }

  /** Appends a leaf hash (32 bytes; kept, so not to be changed later). One node hash a leaf on average. */
  append(leafHash: Uint8Array, sink?: NodeSink): void {
    this.carry(0, leafHash, sink);
    this.leafCount += 1;
  }

  /** Appends 2^level leaves at once, by the root of their subtree. The size must be a multiple of 2^level. */
  appendSubtree(level: number, hash: Uint8Array, sink?: NodeSink): void {
    assert(this.leafCount % 2 ** level === 0, 'a subtree starts at a multiple of its size');
    this.carry(level, hash, sink);
    this.leafCount += 2 ** level;
  }

  /** The root hash, not to be changed; the hash of no bytes for no leaves. RFC 6962 section 2.1. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    let level = 0;
    for (let left = this.leafCount; left > 0; left = Math.floor(left / 2)) {
      const node = this.nodes[level] as Uint8Array;
      if ((left & 1) === 1) root = root === undefined ? node : this.hasher.node(node, root);
      level += 1;
    }
    return root ?? this.hasher.emptyRoot;
  }

  /** `size[8] hash[32]...` of the complete subtrees, largest first; integers little endian. A copy. */
  serialise(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter();
    writer.u64(BigInt(this.leafCount));
    for (const level of levelsOf(this.leafCount)) writer.append(this.nodes[level] as Uint8Array);
    assert(!writer.failed, 'a frontier of at most 53 hashes fits');
    return writer.copy();
  }

  /** What `serialise` wrote, and nothing else: right length, possible size. Copies. The hashes cannot be checked. */
  static parse(hasher: TreeHasher, bytes: Uint8Array): Outcome<Frontier> {
    const reader = new ByteReader(bytes);
    const size = reader.u64();
    if (size > BigInt(TREE_SIZE_MAX)) return refused(`a tree has at most 2^53 - 1 leaves, got ${size}`);
    const frontier = new Frontier(hasher);
    for (const level of levelsOf(Number(size))) frontier.nodes[level] = reader.view(HASH_SIZE).slice();
    reader.expectEnd();
    if (reader.failed) return refused(`frontier of ${size} leaves: ${reader.failure}`);
    frontier.leafCount = Number(size);
    return accepted(frontier);
  }

  /** Adds a subtree hash to the edge, merging equal subtrees as carries do in a binary counter. */
  private carry(fromLevel: number, subtree: Uint8Array, sink: NodeSink | undefined): void {
    assert(subtree.length === HASH_SIZE, 'a hash has 32 bytes');
    assert(this.leafCount + 2 ** fromLevel <= TREE_SIZE_MAX, 'a tree has at most 2^53 - 1 leaves');
    let hash = subtree;
    let level = fromLevel;
    let index = fromLevel === 0 ? this.leafCount : this.leafCount / 2 ** fromLevel;
    if (sink !== undefined) sink(level, index, hash);
    while ((index & 1) === 1) {
      hash = this.hasher.node(this.nodes[level] as Uint8Array, hash);
      index = (index - 1) / 2;
      level += 1;
      if (sink !== undefined) sink(level, index, hash);
    }
    this.nodes[level] = hash;
  }
}

/** The set bits of `size`, highest first: the levels of the complete subtrees it is made of, left to right. */
export function levelsOf(size: number): number[] {
  const levels: number[] = [];
  let level = 0;
  for (let left = size; left > 0; left = Math.floor(left / 2)) {
    if ((left & 1) === 1) levels.unshift(level);
    level += 1;
  }
  return levels;
}
