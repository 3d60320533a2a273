import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatTilePath,
  HASH_SIZE,
  hashSourceOfTiles,
  placeOfNode,
  proveConsistency,
  proveInclusion,
  type Tile,
  type TileSource,
  tileLevels,
  tilesBetween,
  tilesOf,
  tileWidth,
} from '../src/index.ts';
import { hasher, hex, NaiveTree, numberLeaves, value } from './kit.ts';

const tree = new NaiveTree(numberLeaves(70_000));

/** The tiles of the first `size` leaves, straight from the definition: MTH of 256^l leaves each. */
function tilesOfTree(size: number): TileSource {
  return ({ level, index, width }) => {
    const span = 256 ** level;
    if ((index * 256 + width) * span > size) return undefined;
    const hashes = Array.from({ length: width }, (_, at) => {
      const start = (index * 256 + at) * span;
      return tree.root(start + span, start);
    });
    return new Uint8Array(Buffer.concat(hashes));
  };
}

test('70,000 leaves: the tiles that the specification counts', () => {
  expect(tileLevels(70_000)).toEqual([
    { level: 0, fullCount: 273, partialWidth: 112 },
    { level: 1, fullCount: 1, partialWidth: 17 },
    { level: 2, fullCount: 0, partialWidth: 1 },
  ]);
  const paths = [...tilesOf(70_000)].map(formatTilePath);
  expect(paths.length).toBe(277);
  expect(paths.slice(272)).toEqual([
    'tile/0/272',
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
});

test.each([
  [0, []],
  [1, ['tile/0/000.p/1']],
  [255, ['tile/0/000.p/255']],
  [256, ['tile/0/000', 'tile/1/000.p/1']],
  [257, ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']],
  [511, ['tile/0/000', 'tile/0/001.p/255', 'tile/1/000.p/1']],
  [512, ['tile/0/000', 'tile/0/001', 'tile/1/000.p/2']],
])('%i leaves have tiles %j', (size, paths) => {
  expect([...tilesOf(size)].map(formatTilePath)).toEqual(paths);
});

test('the largest tree has tiles of seven levels', () => {
  const levels = tileLevels(Number.MAX_SAFE_INTEGER);
  expect(levels.map(({ partialWidth }) => partialWidth)).toEqual([255, 255, 255, 255, 255, 255, 31]);
  expect(levels[0]!.fullCount).toBe(2 ** 45 - 1);
});

test('growth needs the tiles that are new or wider, and no others', () => {
  const size = fc.nat(2000);
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      const before = new Set([...tilesOf(from)].map(formatTilePath));
      const expected = [...tilesOf(to)].map(formatTilePath).filter((path) => !before.has(path));
      expect([...tilesBetween(from, to)].map(formatTilePath)).toEqual(expected);
    }),
  );
  expect([...tilesBetween(9, 9)]).toEqual([]);
  expect([...tilesBetween(10, 9)]).toEqual([]);
});

test('a tile is as wide as its level allows, and not there past the end', () => {
  expect([0, 1, 2, 3].map((index) => tileWidth(600, 0, index))).toEqual([256, 256, 88, 0]);
  expect([0, 1].map((index) => tileWidth(600, 1, index))).toEqual([2, 0]);
  expect(tileWidth(600, 2, 0)).toBe(0);
  expect(tileWidth(600, 63, 0)).toBe(0);
});

test.each([
  [0, 0, 'tile/0/000 0+1'],
  [0, 300, 'tile/0/001 44+1'],
  [3, 37, 'tile/0/001 40+8'],
  [7, 1, 'tile/0/000 128+128'],
  [8, 0, 'tile/1/000.p/2 0+1'],
  [9, 0, 'tile/1/000.p/2 0+2'],
  [0, 599, 'tile/0/002.p/88 87+1'],
  [0, 600, 'none'],
  [4, 37, 'none'],
  [8, 2, 'none'],
  [10, 0, 'none'],
])('in 600 leaves, node (%i, %i) comes from %s', (level, index, expected) => {
  const place = placeOfNode(600, level, index);
  expect(place ? `${formatTilePath(place.tile)} ${place.start}+${place.count}` : 'none').toBe(expected);
});

test('every complete subtree is read out of the tiles, and nothing else', () => {
  for (const size of [1, 255, 256, 257, 700, 1024]) {
    const source = hashSourceOfTiles(hasher, tilesOfTree(size), size);
    const expected = tree.source(size);
    for (let level = 0; level < 12; level += 1) {
      for (let index = 0; index <= Math.floor(size / 2 ** level); index += 1) {
        const [got, want] = [source(level, index), expected(level, index)];
        if ((got && hex(got)) !== (want && hex(want))) expect.fail(`node (${level}, ${index}) of ${size}`);
      }
    }
  }
});

test('proofs out of tiles are those of the definition, at 70,000 leaves too', () => {
  const size = fc.integer({ min: 1, max: 70_000 });
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      const source = hashSourceOfTiles(hasher, tilesOfTree(second), second);
      const path = value(proveInclusion(hasher, source, { index: first - 1, size: second }));
      expect(path.map(hex)).toEqual(tree.path(first - 1, second).map(hex));
      const growth = value(proveConsistency(hasher, source, { first, second }));
      expect(growth.map(hex)).toEqual(tree.subproof(first, second).map(hex));
    }),
    { numRuns: 60 },
  );
});

test('a wider state of a tile serves too; one that is too short or missing does not', () => {
  const tile: Tile = { kind: 'tile', level: 0, index: 0, width: 256 };
  const full = tilesOfTree(256)(tile)!;
  const source = (bytes: Uint8Array | undefined) => hashSourceOfTiles(hasher, () => bytes, 100);
  expect(source(full)(0, 99)).toEqual(tree.leaves[99]);
  expect(source(full)(0, 100)).toBeUndefined();
  expect(source(full.subarray(0, 100 * HASH_SIZE))(0, 99)).toEqual(tree.leaves[99]);
  expect(source(full.subarray(0, 100 * HASH_SIZE - 1))(0, 0)).toBeUndefined();
  expect(source(undefined)(0, 0)).toBeUndefined();
});
