// Which tiles a tree has, and where in them its hashes lie. A tile of level l holds up to 256 hashes of tree level
// 8 * l; the hashes in between are computed from them. The last tile of a level may be partial, and nothing of a
// partial tile is hashed into the level above. Source: C2SP tlog-tiles, "Merkle Tree" and "Partial Tiles".
//
// Sizes are exact numbers below 2^53 and divisors are powers of two, so the quotients here are exact.

/** A tile: hashes [index * 256, index * 256 + width) of its level. `width` is 1..256; 256 is a full tile. */
export interface Tile {
  readonly kind: 'tile';
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** An entry bundle: the entries under the level 0 tile of the same index and width. */
export interface Bundle {
  readonly kind: 'entries';
  readonly index: number;
  readonly width: number;
}

/** How many tiles a tree has at a level: full ones, and the width of the partial one (0 when there is none). */
export interface TileLevel {
  readonly level: number;
  readonly fullCount: number;
  readonly partialWidth: number;
}

/** Where a node's hash comes from: `count` hashes of a tile from `start`, whose root it is. */
export interface NodePlace {
  readonly tile: Tile;
  readonly start: number;
  readonly count: number;
}

/** Tree levels in a tile. */
export const TILE_HEIGHT = 8;

/** Hashes in a full tile. */
export const TILE_WIDTH = 256;

/** The levels of tiles that a tree of `size` leaves has, from 0 up; none for 0 leaves. C2SP tlog-tiles. */
export function tileLevels(size: number): TileLevel[] {
  const levels: TileLevel[] = [];
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) {
    const fullCount = Math.floor(hashes / TILE_WIDTH);
    levels.push({ level: levels.length, fullCount, partialWidth: hashes % TILE_WIDTH });
  }
  return levels;
}

/** The width that a tile has in a tree of `size` leaves: 0 where it has none. C2SP tlog-tiles, "Partial Tiles". */
export function tileWidth(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The tiles that a tree of `to` leaves has and one of `from` has not, or has narrower; upwards, left to right. */
export function* tilesBetween(from: number, to: number): Generator<Tile, void> {
  for (const { level } of tileLevels(to)) {
    const before = Math.floor(from / TILE_WIDTH ** level);
    const after = Math.floor(to / TILE_WIDTH ** level);
    if (before >= after) continue;
    const end = Math.ceil(after / TILE_WIDTH);
    for (let index = Math.floor(before / TILE_WIDTH); index < end; index += 1) {
      yield { kind: 'tile', level, index, width: tileWidth(to, level, index) };
    }
  }
}

/** All tiles of a tree of `size` leaves; upwards, left to right. */
export function tilesOf(size: number): Generator<Tile, void> {
  return tilesBetween(0, size);
}

/** Where the hash of a complete subtree is in the tiles of a tree of `size`; undefined when the tree lacks it. */
export function placeOfNode(size: number, level: number, index: number): NodePlace | undefined {
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const start = first % TILE_WIDTH;
  const width = tileWidth(size, tileLevel, tileIndex);
  if (start + count > width) return undefined;
  return { tile: { kind: 'tile', level: tileLevel, index: tileIndex, width }, start, count };
}
