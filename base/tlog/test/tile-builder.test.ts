import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatTilePath,
  HASH_SIZE,
  hashSourceOfTiles,
  type NodeId,
  proveConsistency,
  proveInclusion,
  TileBuilder,
  type TileRun,
  type TileSource,
  tilesOf,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts';
import { hasher, hex, NaiveTree, numberLeaves, problem, value } from './kit.ts';

const tree = new NaiveTree(numberLeaves(67_000));

/** Files that grow at their end, as a writer of tiles has them. */
class TileFiles {
  readonly files = new Map<string, Uint8Array>();
  runCount = 0;

  /** What a builder hands its runs to. */
  readonly append = ({ level, index, start, hashes }: TileRun): void => {
    const file = this.files.get(`${level}/${index}`) ?? new Uint8Array(0);
    expect(file.length).toBe(start * HASH_SIZE);
    this.files.set(`${level}/${index}`, new Uint8Array(Buffer.concat([file, hashes])));
    this.runCount += 1;
  };

  readonly read: TileSource = ({ level, index }) => this.files.get(`${level}/${index}`);

  /** A copy cut back to a tree of `size`, as after a crash. */
  cut(size: number): TileFiles {
    const copy = new TileFiles();
    for (const { level, index, width } of tilesOf(size)) {
      copy.files.set(`${level}/${index}`, this.files.get(`${level}/${index}`)!.slice(0, width * HASH_SIZE));
    }
    return copy;
  }
}

function grow(builder: TileBuilder, size: number): void {
  while (builder.size < size) builder.append(tree.leaves[builder.size]!);
}

/** The hash that position `at` of a tile must have. */
function hashAt({ level, index }: NodeId, at: number): Uint8Array {
  const span = 256 ** level;
  const start = (index * 256 + at) * span;
  return tree.root(start + span, start);
}

function expectTilesOf(size: number, { files }: TileFiles): void {
  const tiles = [...tilesOf(size)];
  expect([...files.keys()].sort()).toEqual(tiles.map(({ level, index }) => `${level}/${index}`).sort());
  for (const tile of tiles) {
    const bytes = files.get(`${tile.level}/${tile.index}`)!;
    expect(bytes.length).toBe(tile.width * HASH_SIZE);
    for (let at = 0; at < tile.width; at += 1) {
      const hash = bytes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE);
      if (hex(hash) !== hex(hashAt(tile, at))) expect.fail(`${formatTilePath(tile)} at ${at}`);
    }
  }
}

test.each([0, 1, 2, 255, 256, 257, 511, 512, 513, 1000])('after a flush, the tiles of %i leaves are there', (size) => {
  const files = new TileFiles();
  const builder = new TileBuilder(hasher, files.append);
  grow(builder, size);
  builder.flush();
  expectTilesOf(size, files);
  expect(hex(builder.root())).toBe(hex(tree.root(size)));
  const { runCount } = files;
  builder.flush();
  expect(files.runCount).toBe(runCount);
});

test('three levels of tiles, flushed now and then', () => {
  const files = new TileFiles();
  const builder = new TileBuilder(hasher, files.append);
  for (let size = 0; size <= 67_000; size += 999) {
    grow(builder, size);
    builder.flush();
  }
  grow(builder, 67_000);
  builder.flush();
  expectTilesOf(67_000, files);
  expect([...files.files.keys()].filter((key) => key.startsWith('2/'))).toEqual(['2/0']);
  expect(hex(builder.root())).toBe(hex(tree.root(67_000)));
});

test('full tiles go out by themselves, lower ones first; hashes only once', () => {
  const runs: string[] = [];
  const builder = new TileBuilder(hasher, ({ level, index, start, hashes }) => {
    runs.push(`${level}/${index} ${start}+${hashes.length / HASH_SIZE}`);
  });
  grow(builder, 255);
  expect(runs).toEqual([]);
  grow(builder, 256);
  expect(runs.splice(0)).toEqual(['0/0 0+256']);
  builder.flush();
  expect(runs.splice(0)).toEqual(['1/0 0+1']);
  grow(builder, 300);
  builder.flush();
  grow(builder, 301);
  builder.flush();
  expect(runs.splice(0)).toEqual(['0/1 0+44', '0/1 44+1']);
  grow(builder, 520);
  builder.flush();
  expect(runs.splice(0)).toEqual(['0/1 45+211', '0/2 0+8', '1/0 1+1']);
});

test('it goes on from any size, with tiles cut back or still too wide', () => {
  const files = new TileFiles();
  const whole = new TileBuilder(hasher, files.append);
  grow(whole, 1100);
  whole.flush();
  const size = fc.integer({ min: 0, max: 1100 });
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      const resumed = value(TileBuilder.resume(hasher, () => {}, { size: from, tiles: files.read }));
      expect(hex(resumed.root())).toBe(hex(tree.root(from)));
      const cut = files.cut(from);
      const builder = value(TileBuilder.resume(hasher, cut.append, { size: from, tiles: cut.read }));
      grow(builder, to);
      builder.flush();
      expectTilesOf(to, cut);
      expect(hex(builder.root())).toBe(hex(tree.root(to)));
    }),
    { numRuns: 60 },
  );
});

test('a restart beyond one full tile of level 1', () => {
  const files = new TileFiles();
  const first = new TileBuilder(hasher, files.append);
  grow(first, 66_000);
  first.flush();
  for (const size of [65_535, 65_536, 65_537, 65_792, 66_000]) {
    const cut = files.cut(size);
    const builder = value(TileBuilder.resume(hasher, cut.append, { size, tiles: cut.read }));
    grow(builder, 66_500);
    builder.flush();
    expect(hex(builder.root())).toBe(hex(tree.root(66_500)));
    expectTilesOf(66_500, cut);
  }
});

test('a restart without its partial tiles is refused, and needs no others', () => {
  const files = new TileFiles();
  const builder = new TileBuilder(hasher, files.append);
  grow(builder, 700);
  builder.flush();
  const state = (keep: (path: string) => boolean, size = 700) => ({
    size,
    tiles: ((tile) => (keep(formatTilePath(tile)) ? files.read(tile) : undefined)) satisfies TileSource,
  });
  const partial = ['tile/0/002.p/188', 'tile/1/000.p/2'];
  const resume = (given: ReturnType<typeof state>) => TileBuilder.resume(hasher, () => {}, given);
  expect(resume(state((path) => partial.includes(path))).ok).toBe(true);
  expect(problem(resume(state((path) => path === partial[0])))).toBe('tile/1/000.p/2 is missing');
  expect(problem(resume(state((path) => path === partial[1])))).toBe('tile/0/002.p/188 is missing');
  expect(problem(resume(state(() => true, 701)))).toBe('tile/0/002.p/189 has 6048 bytes, got 6016');
});

test('a log in tiles proves every state it went through', () => {
  const files = new TileFiles();
  const builder = new TileBuilder(hasher, files.append);
  const heads = [{ size: 0, root: builder.root() }];
  for (const size of [1, 100, 256, 300, 777]) {
    grow(builder, size);
    builder.flush();
    const head = { size, root: builder.root() };
    const source = hashSourceOfTiles(hasher, files.read, size);
    for (const first of heads) {
      const proof = value(proveConsistency(hasher, source, { first: first.size, second: size }));
      expect(verifyConsistency(hasher, { first, second: head }, proof).ok).toBe(true);
    }
    for (const index of [0, Math.floor(size / 2), size - 1]) {
      const proof = value(proveInclusion(hasher, source, { index, size }));
      expect(verifyInclusion(hasher, { index, leafHash: tree.leaves[index]!, head }, proof).ok).toBe(true);
    }
    heads.push(head);
  }
});
