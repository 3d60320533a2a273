// Reads the hashes of complete subtrees out of tiles, for proofs and for a restart. A log's storage is passed in.
// Source: C2SP tlog-tiles, "Merkle Tree": a tile stands for the subtree over its hashes.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { HashSource } from './prove.ts';
import { placeOfNode, type Tile } from './tile.ts';
import { formatTilePath } from './tile-path.ts';
import { HASH_SIZE, type TreeHasher } from './tree-hasher.ts';

/**
 * The hashes of a tile, `width * 32` bytes, or undefined when it is not at hand. More bytes are allowed (a later,
 * wider state of the tile starts with the same ones) and not looked at. Borrowed.
 */
export type TileSource = (tile: Tile) => Uint8Array | undefined;

/** The hashes of complete subtrees of a tree of `size`, from its tiles; undefined for tiles missing or too short. */
export function hashSourceOfTiles(hasher: TreeHasher, tiles: TileSource, size: number): HashSource {
  return (level, index) => {
    const place = placeOfNode(size, level, index);
    if (place === undefined) return undefined;
    const bytes = readTile(tiles, place.tile);
    if (!bytes.ok) return undefined;
    const start = place.start * HASH_SIZE;
    return rootOfHashes(hasher, bytes.value.subarray(start, start + place.count * HASH_SIZE));
  };
}

/** The `width * 32` bytes of a tile, or why not. */
export function readTile(tiles: TileSource, tile: Tile): Outcome<Uint8Array> {
  const bytes = tiles(tile);
  if (bytes === undefined) return refused(`${formatTilePath(tile)} is missing`);
  const size = tile.width * HASH_SIZE;
  if (bytes.length < size) return refused(`${formatTilePath(tile)} has ${size} bytes, got ${bytes.length}`);
  return accepted(bytes.subarray(0, size));
}

/** The root over 1, 2, 4 .. 128 hashes, level by level. */
function rootOfHashes(hasher: TreeHasher, bytes: Uint8Array): Uint8Array {
  let row: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_SIZE) row.push(bytes.subarray(at, at + HASH_SIZE));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2)
      above.push(hasher.node(row[at] as Uint8Array, row[at + 1] as Uint8Array));
    row = above;
  }
  return row[0] as Uint8Array;
}
