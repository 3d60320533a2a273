import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENTRY_SIZE_MAX, Frontier, TREE_SIZE_MAX, TreeHasher } from '../src/index.ts';
import { hasher, hex, NaiveTree, numberLeaves, problem, sha256, unhex, value } from './kit.ts';
import { CT } from './vectors.ts';

function frontierOf(leaves: readonly Uint8Array[]): Frontier {
  const frontier = new Frontier(hasher);
  for (const leaf of leaves) frontier.append(leaf);
  return frontier;
}

test('the reference tree has the published roots', () => {
  const frontier = new Frontier(hasher);
  expect(hex(frontier.root())).toBe(CT.emptyRoot);
  for (const [at, entry] of CT.entries.entries()) {
    frontier.append(hasher.leaf(unhex(entry)));
    expect(hex(frontier.root())).toBe(CT.roots[at]);
  }
  expect(frontier.size).toBe(8);
});

test('leaf hashes of every length class are those of the definition', () => {
  for (const length of [0, 1, 200, 1022, 1023, 1024, 1025, ENTRY_SIZE_MAX, ENTRY_SIZE_MAX + 1, 200_000]) {
    for (const byte of [0x00, 0xff]) {
      const entry = new Uint8Array(length).fill(byte);
      expect(hex(hasher.leaf(entry))).toBe(hex(sha256(Buffer.concat([Uint8Array.of(0), entry]))));
    }
  }
});

test('a leaf hash is kept when the next one is made', () => {
  const first = hasher.leaf(Uint8Array.of(1));
  const copy = first.slice();
  hasher.leaf(Uint8Array.of(2));
  hasher.node(first, first);
  expect(first).toEqual(copy);
});

test('hashes of a wrong length are a defect', () => {
  const good = hasher.emptyRoot;
  expect(() => hasher.node(good, good.subarray(1))).toThrow(TypeError);
  expect(() => hasher.node(good.subarray(1), good)).toThrow(TypeError);
  expect(() => new Frontier(hasher).append(new Uint8Array(31))).toThrow(TypeError);
  expect(() => new TreeHasher(() => new Uint8Array(20))).toThrow(TypeError);
});

test('every size from 0 to 200 has the root of the recursive definition', () => {
  const naive = new NaiveTree(numberLeaves(200));
  const frontier = new Frontier(hasher);
  for (let size = 0; size <= 200; size += 1) {
    expect(hex(frontier.root())).toBe(hex(naive.root(size)));
    if (size < 200) frontier.append(naive.leaves[size]!);
  }
});

test('the sink hears of every complete subtree once, leaf first', () => {
  const naive = new NaiveTree(numberLeaves(70));
  const frontier = new Frontier(hasher);
  const heard: string[] = [];
  for (const leaf of naive.leaves) {
    frontier.append(leaf, (level, index, hash) => {
      heard.push(`${level}/${index}`);
      expect(hash).toEqual(naive.source(frontier.size + 1)(level, index));
    });
  }
  expect(heard.slice(0, 8)).toEqual(['0/0', '0/1', '1/0', '0/2', '0/3', '1/1', '2/0', '0/4']);
  expect(new Set(heard).size).toBe(heard.length);
  expect(heard.length).toBe(70 + 35 + 17 + 8 + 4 + 2 + 1);
});

test('whole subtrees count as their leaves', () => {
  const naive = new NaiveTree(numberLeaves(300));
  const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 });
  fc.assert(
    fc.property(sizes, (levels) => {
      const frontier = new Frontier(hasher);
      for (const wanted of levels) {
        let level = wanted;
        while (frontier.size % 2 ** level !== 0) level -= 1;
        if (frontier.size + 2 ** level > 300) break;
        frontier.appendSubtree(level, naive.root(frontier.size + 2 ** level, frontier.size));
      }
      expect(hex(frontier.root())).toBe(hex(naive.root(frontier.size)));
    }),
  );
  const odd = frontierOf(numberLeaves(3));
  expect(() => odd.appendSubtree(1, hasher.emptyRoot)).toThrow(TypeError);
});

test('a frontier goes through bytes at every size, and grows on alike', () => {
  const leaves = numberLeaves(140);
  const naive = new NaiveTree(leaves);
  for (let size = 0; size < 130; size += 1) {
    const bytes = frontierOf(leaves.slice(0, size)).serialise();
    const back = value(Frontier.parse(hasher, bytes));
    expect(back.serialise()).toEqual(bytes);
    for (const leaf of leaves.slice(size)) back.append(leaf);
    expect(hex(back.root())).toBe(hex(naive.root(140)));
  }
});

test('a frontier of other bytes is refused', () => {
  const bytes = frontierOf(numberLeaves(5)).serialise();
  expect(hex(bytes.subarray(0, 8))).toBe('0500000000000000');
  for (let length = 0; length < bytes.length; length += 1) {
    expect(problem(Frontier.parse(hasher, bytes.subarray(0, length)))).toMatch(/truncated/);
  }
  expect(problem(Frontier.parse(hasher, Uint8Array.of(...bytes, 0)))).toMatch(/trailing/);
  expect(problem(Frontier.parse(hasher, unhex('0000000000002000')))).toMatch(/at most/);
  expect(problem(Frontier.parse(hasher, unhex('ffffffffffffffff')))).toMatch(/at most/);
});

test('sizes beyond 32 bits are exact, up to the largest', () => {
  const hash = hasher.emptyRoot;
  const levels = Array.from({ length: 53 }, (_, at) => 52 - at);
  const frontier = new Frontier(hasher);
  for (const level of levels.slice(0, -1)) frontier.appendSubtree(level, hash);
  expect(frontier.size).toBe(TREE_SIZE_MAX - 1);
  const indexes: number[] = [];
  frontier.append(hash, (_level, index) => indexes.push(index));
  expect([frontier.size, indexes]).toEqual([TREE_SIZE_MAX, [TREE_SIZE_MAX - 1]]);
  expect(value(Frontier.parse(hasher, frontier.serialise())).size).toBe(TREE_SIZE_MAX);
  expect(() => frontier.append(hash)).toThrow(TypeError);

  const large = new Frontier(hasher);
  large.appendSubtree(40, hash);
  large.appendSubtree(0, hash);
  const heard: string[] = [];
  large.append(hash, (level, index) => heard.push(`${level}/${index}`));
  expect(heard).toEqual([`0/${2 ** 40 + 1}`, `1/${2 ** 39}`]);
});
