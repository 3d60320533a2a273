import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  consistencyNodes,
  inclusionNodes,
  proveConsistency,
  proveInclusion,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts';
import { base64, flips, hasher, hex, NaiveTree, numberLeaves, problem, unhex, value } from './kit.ts';
import { ARGON, CT } from './vectors.ts';

const small = new NaiveTree(numberLeaves(201));
const reference = new NaiveTree(CT.entries.map((entry) => hasher.leaf(unhex(entry))));

function headOf(tree: NaiveTree, size: number): TreeHead {
  return { size, root: tree.root(size) };
}

function includes(tree: NaiveTree, index: number, size: number, proof: readonly Uint8Array[]): boolean {
  const leafHash = tree.leaves[index] ?? tree.leaves[0]!;
  return verifyInclusion(hasher, { index, leafHash, head: headOf(tree, size) }, proof).ok;
}

function grows(tree: NaiveTree, first: number, second: number, proof: readonly Uint8Array[]): boolean {
  return verifyConsistency(hasher, { first: headOf(tree, first), second: headOf(tree, second) }, proof).ok;
}

test.each(CT.inclusion)('published inclusion proof: $index in $size', ({ index, size, proof }) => {
  const made = value(proveInclusion(hasher, reference.source(size), { index, size }));
  expect(made.map(hex)).toEqual(proof);
  expect(includes(reference, index, size, proof.map(unhex))).toBe(true);
});

test.each(CT.consistency)('published consistency proof: $first to $second', ({ first, second, proof }) => {
  const made = value(proveConsistency(hasher, reference.source(second), { first, second }));
  expect(made.map(hex)).toEqual(proof);
  expect(grows(reference, first, second, proof.map(unhex))).toBe(true);
});

test('a certificate of the Argon 2020 log is in it, and the log has only grown', () => {
  const head = { size: ARGON.head.size, root: base64(ARGON.head.root) };
  const first = { size: ARGON.earlier.size, root: base64(ARGON.earlier.root) };
  const leafHash = hasher.leaf(base64(ARGON.entry));
  const { index } = ARGON;
  const inclusion = ARGON.inclusion.map(base64);
  const consistency = ARGON.consistency.map(base64);
  expect(verifyInclusion(hasher, { index, leafHash, head }, inclusion).ok).toBe(true);
  expect(verifyConsistency(hasher, { first, second: head }, consistency).ok).toBe(true);
  expect(verifyInclusion(hasher, { index: index + 1, leafHash, head }, inclusion).ok).toBe(false);
  expect(verifyConsistency(hasher, { first, second: head }, consistency.toReversed()).ok).toBe(false);
});

test('sizes 0 to 200: every inclusion proof is that of the definition and holds', () => {
  for (let size = 0; size <= 200; size += 1) {
    const source = small.source(size);
    for (let index = 0; index < size; index += 1) {
      const proof = value(proveInclusion(hasher, source, { index, size }));
      expect(proof.map(hex).join()).toBe(small.path(index, size).map(hex).join());
      if (!includes(small, index, size, proof)) expect.fail(`leaf ${index} of ${size}`);
    }
  }
});

test('sizes 0 to 200: every consistency proof is that of the definition and holds', () => {
  for (let second = 0; second <= 200; second += 1) {
    const source = small.source(second);
    for (let first = 0; first <= second; first += 1) {
      const proof = value(proveConsistency(hasher, source, { first, second }));
      const expected = first === 0 ? [] : small.subproof(first, second);
      expect(proof.map(hex).join()).toBe(expected.map(hex).join());
      if (!grows(small, first, second, proof)) expect.fail(`${first} to ${second}`);
    }
  }
});

test('trees up to 5,000 leaves: proofs are those of the definition and hold', () => {
  const tree = new NaiveTree(numberLeaves(5000));
  const pair = fc
    .tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(4999))
    .map(([size, at]) => [size, at % size] as const);
  fc.assert(
    fc.property(pair, ([size, index]) => {
      const proof = value(proveInclusion(hasher, tree.source(size), { index, size }));
      expect(proof.map(hex)).toEqual(tree.path(index, size).map(hex));
      expect(includes(tree, index, size, proof)).toBe(true);
      const growth = value(proveConsistency(hasher, tree.source(size), { first: index + 1, second: size }));
      expect(growth.map(hex)).toEqual(tree.subproof(index + 1, size).map(hex));
      expect(grows(tree, index + 1, size, growth)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('a proof is for its leaf and its size: every other of up to 33 is refused', () => {
  const max = 33;
  for (let size = 1; size <= max; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = small.path(index, size);
      for (let otherSize = 0; otherSize <= max; otherSize += 1) {
        for (let other = 0; other < max; other += 1) {
          const isSame = other === index && otherSize === size;
          if (includes(small, other, otherSize, proof) !== isSame)
            expect.fail(`${index}/${size}: ${other}/${otherSize}`);
        }
      }
    }
  }
});

test('a proof is for its two sizes: every other pair of up to 33 is refused', () => {
  const max = 33;
  for (let second = 2; second <= max; second += 1) {
    for (let first = 1; first < second; first += 1) {
      const proof = small.subproof(first, second);
      for (let otherSecond = 0; otherSecond <= max; otherSecond += 1) {
        for (let other = 0; other <= max; other += 1) {
          const isSame = other === first && otherSecond === second;
          if (grows(small, other, otherSecond, proof) !== isSame) {
            expect.fail(`${first} to ${second}: ${other} to ${otherSecond}`);
          }
        }
      }
    }
  }
});

test('the sizes themselves are bound: the right roots under other sizes are refused', () => {
  const path = small.path(2, 7);
  const root = small.root(7);
  const leafHash = small.leaves[2]!;
  const holds: number[] = [];
  for (let size = 0; size <= 64; size += 1) {
    if (verifyInclusion(hasher, { index: 2, leafHash, head: { size, root } }, path).ok) holds.push(size);
  }
  // The path of leaf 2 has the same shape in trees of 5 to 8: a proof binds a root, and the root its size.
  expect(holds).toEqual([5, 6, 7, 8]);
});

test('every single bit of a small proof, leaf and root counts', () => {
  for (let size = 1; size <= 9; size += 1) {
    const head = headOf(small, size);
    for (let index = 0; index < size; index += 1) {
      const leafHash = small.leaves[index]!;
      const proof = small.path(index, size);
      const holds = (p: readonly Uint8Array[], leaf = leafHash, root = head.root): boolean =>
        verifyInclusion(hasher, { index, leafHash: leaf, head: { size, root } }, p).ok;
      for (const [at, hash] of proof.entries()) {
        for (const bad of flips(hash)) if (holds(proof.with(at, bad))) expect.fail(`hash ${at} of ${index}/${size}`);
      }
      for (const bad of flips(leafHash)) if (holds(proof, bad)) expect.fail(`leaf of ${index}/${size}`);
      for (const bad of flips(head.root)) if (holds(proof, leafHash, bad)) expect.fail(`root of ${index}/${size}`);
    }
  }
});

test('every single bit of a small consistency proof and its roots counts', () => {
  for (let second = 1; second <= 9; second += 1) {
    for (let first = 1; first <= second; first += 1) {
      const proof = small.subproof(first, second);
      const [a, b] = [headOf(small, first), headOf(small, second)];
      const holds = (p: readonly Uint8Array[], root1 = a.root, root2 = b.root): boolean =>
        verifyConsistency(hasher, { first: { size: first, root: root1 }, second: { size: second, root: root2 } }, p).ok;
      for (const [at, hash] of proof.entries()) {
        for (const bad of flips(hash)) if (holds(proof.with(at, bad))) expect.fail(`hash ${at} of ${first}-${second}`);
      }
      for (const bad of flips(a.root)) if (holds(proof, bad)) expect.fail(`first root of ${first}-${second}`);
      for (const bad of flips(b.root)) if (holds(proof, a.root, bad)) expect.fail(`second root of ${first}-${second}`);
    }
  }
});

test('proofs that are cut, lengthened or reordered are refused', () => {
  const extra = small.leaves[0]!;
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = small.path(index, size);
      const bad = [
        [extra, ...proof],
        [...proof, extra],
        [...proof, small.root(size)],
        [...proof, ...proof, extra],
      ];
      if (proof.length > 0) bad.push(proof.slice(1), proof.slice(0, -1));
      if (proof.length > 1) bad.push(proof.toReversed());
      for (const other of bad) if (includes(small, index, size, other)) expect.fail(`${index}/${size}`);
    }
    for (let first = 0; first <= size; first += 1) {
      const proof = first === 0 ? [] : small.subproof(first, size);
      const bad = [
        [extra, ...proof],
        [...proof, extra],
        [...proof, small.root(size)],
      ];
      if (proof.length > 0) bad.push(proof.slice(1), proof.slice(0, -1), []);
      if (proof.length > 1) bad.push(proof.toReversed());
      for (const other of bad) if (grows(small, first, size, other)) expect.fail(`${first} to ${size}`);
    }
  }
});

test('what is wrong with the length of a proof is said', () => {
  const extra = small.leaves[0]!;
  const leaf = { index: 2, leafHash: small.leaves[2]!, head: headOf(small, 5) };
  const path = small.path(2, 5);
  expect(problem(verifyInclusion(hasher, leaf, [...path, extra]))).toBe('the proof is too long');
  expect(problem(verifyInclusion(hasher, leaf, path.slice(0, -1)))).toBe('the proof is too short');
  const growth = { first: headOf(small, 3), second: headOf(small, 7) };
  const proof = small.subproof(3, 7);
  expect(problem(verifyConsistency(hasher, growth, [...proof, extra]))).toBe('the proof is too long');
  expect(problem(verifyConsistency(hasher, growth, proof.slice(0, -1)))).toBe('the proof is too short');
  expect(problem(verifyConsistency(hasher, growth, []))).toBe('the proof is empty');
});

test('hashes of other lengths are refused, not thrown at', () => {
  const proof = small.path(2, 5);
  const [leafHash, head] = [small.leaves[2]!, headOf(small, 5)];
  for (const length of [0, 31, 33, 64]) {
    const odd = new Uint8Array(length);
    expect(problem(verifyInclusion(hasher, { index: 2, leafHash: odd, head }, proof))).toMatch(/32 bytes/);
    expect(problem(verifyInclusion(hasher, { index: 2, leafHash, head }, proof.with(1, odd)))).toMatch(/32 bytes/);
    const cut = { size: 5, root: odd };
    expect(problem(verifyInclusion(hasher, { index: 2, leafHash, head: cut }, proof))).toMatch(/32 bytes/);
    expect(problem(verifyConsistency(hasher, { first: cut, second: headOf(small, 9) }, []))).toMatch(/32 bytes/);
    expect(problem(verifyConsistency(hasher, { first: head, second: { size: 9, root: odd } }, []))).toMatch(/32 bytes/);
    const growth = small.subproof(5, 9).with(0, odd);
    expect(problem(verifyConsistency(hasher, { first: head, second: headOf(small, 9) }, growth))).toMatch(/32 bytes/);
  }
});

test.each([Number.NaN, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY])('%d is no size and no index', (odd) => {
  const head = headOf(small, 5);
  const [leafHash, root] = [small.leaves[2]!, head.root];
  const source = small.source(5);
  expect(verifyInclusion(hasher, { index: odd, leafHash, head }, []).ok).toBe(false);
  expect(verifyInclusion(hasher, { index: 2, leafHash, head: { size: odd, root } }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: { size: odd, root }, second: head }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: head, second: { size: odd, root } }, []).ok).toBe(false);
  expect(proveInclusion(hasher, source, { index: odd, size: 5 }).ok).toBe(false);
  expect(proveInclusion(hasher, source, { index: 2, size: odd }).ok).toBe(false);
  expect(proveConsistency(hasher, source, { first: odd, second: 5 }).ok).toBe(false);
  expect(proveConsistency(hasher, source, { first: 2, second: odd }).ok).toBe(false);
});

test('no leaf past the end, no tree from a larger one, no proof without its hashes', () => {
  const source = small.source(5);
  expect(problem(proveInclusion(hasher, source, { index: 5, size: 5 }))).toBe('no leaf 5 in a tree of 5');
  expect(problem(proveInclusion(hasher, source, { index: 0, size: 0 }))).toBe('no leaf 0 in a tree of 0');
  expect(problem(proveConsistency(hasher, source, { first: 6, second: 5 }))).toMatch(/cannot begin/);
  expect(problem(proveInclusion(hasher, source, { index: 0, size: 6 }))).toBe('no hash of level 1 index 2');
  expect(problem(proveConsistency(hasher, () => undefined, { first: 2, second: 5 }))).toMatch(/no hash/);
  const claim = { index: 5, leafHash: small.leaves[5]!, head: headOf(small, 5) };
  expect(problem(verifyInclusion(hasher, claim, []))).toBe('no leaf 5 in a tree of 5');
  const heads = { first: headOf(small, 6), second: headOf(small, 5) };
  expect(problem(verifyConsistency(hasher, heads, []))).toMatch(/cannot begin/);
});

test('the tree without leaves is the start of every tree, and equal sizes need equal roots', () => {
  const [empty, five] = [headOf(small, 0), headOf(small, 5)];
  const other = { size: 5, root: small.root(6) };
  const wrong = { size: 0, root: small.root(1) };
  expect(verifyConsistency(hasher, { first: empty, second: five }, []).ok).toBe(true);
  expect(verifyConsistency(hasher, { first: empty, second: empty }, []).ok).toBe(true);
  expect(verifyConsistency(hasher, { first: five, second: five }, []).ok).toBe(true);
  expect(verifyConsistency(hasher, { first: wrong, second: five }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: wrong, second: wrong }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: empty, second: wrong }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: five, second: other }, []).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: empty, second: five }, [five.root]).ok).toBe(false);
  expect(verifyConsistency(hasher, { first: five, second: five }, [five.root]).ok).toBe(false);
});

test('which subtrees a proof needs is known without hashes', () => {
  expect(value(inclusionNodes({ index: 4, size: 7 }))).toEqual([
    [{ level: 0, index: 5 }],
    [{ level: 0, index: 6 }],
    [{ level: 2, index: 0 }],
  ]);
  expect(value(inclusionNodes({ index: 0, size: 7 })).at(-1)).toEqual([
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ]);
  expect(value(consistencyNodes({ first: 3, second: 7 })).flat()).toEqual([
    { level: 0, index: 2 },
    { level: 0, index: 3 },
    { level: 1, index: 0 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ]);
});

test('the largest tree has proofs of at most 53 hashes, exact beyond 32 bits', () => {
  const size = Number.MAX_SAFE_INTEGER;
  const nodes = value(inclusionNodes({ index: 2 ** 40 + 1, size }));
  expect(nodes.length).toBe(53);
  expect(nodes[0]).toEqual([{ level: 0, index: 2 ** 40 }]);
  expect(nodes[40]).toEqual([{ level: 40, index: 0 }]);
  expect(nodes.flat().every(({ level, index }) => (index + 1) * 2 ** level <= size)).toBe(true);
  // Every subtree alike: the hash of a node depends on its level alone.
  const levels = [hasher.emptyRoot];
  for (let level = 1; level < 53; level += 1) levels.push(hasher.node(levels[level - 1]!, levels[level - 1]!));
  const source = (level: number): Uint8Array | undefined => levels[level];
  const rootOf = (leaves: number): Uint8Array => {
    let root: Uint8Array | undefined;
    for (let level = 0; level < 53; level += 1) {
      if (Math.floor(leaves / 2 ** level) % 2 === 1) root = root ? hasher.node(levels[level]!, root) : levels[level]!;
    }
    return root!;
  };
  const big = fc.maxSafeNat().filter((n) => n > 0);
  fc.assert(
    fc.property(big, big, (a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      const head = { size: second, root: rootOf(second) };
      const path = value(proveInclusion(hasher, source, { index: first - 1, size: second }));
      expect(verifyInclusion(hasher, { index: first - 1, leafHash: levels[0]!, head }, path).ok).toBe(true);
      const growth = value(proveConsistency(hasher, source, { first, second }));
      const start = { size: first, root: rootOf(first) };
      expect(verifyConsistency(hasher, { first: start, second: head }, growth).ok).toBe(true);
    }),
  );
});
