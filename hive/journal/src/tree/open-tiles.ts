// Puts the runs of a TileBuilder together to tiles: one a level is being filled, full ones are handed on.

import { formatTilePath, HASH_SIZE, TILE_WIDTH, type Tile, type TileRun } from '@cohesix/tlog';

/** Bytes of a full tile. */
export const TILE_BYTES: number = TILE_WIDTH * HASH_SIZE;

/** Path of a full tile under the root of its log. */
export function fullTilePath(level: number, index: number): string {
  return formatTilePath({ kind: 'tile', level, index, width: TILE_WIDTH });
}

interface OpenTile {
  readonly index: number;
  width: number;
  readonly bytes: Uint8Array;
}

export class OpenTiles {
  readonly #open: OpenTile[] = [];
  readonly #onFull: (path: string, bytes: Uint8Array) => void;

  /** `onFull` gets each full tile once, 8,192 bytes that nobody writes to any more. */
  constructor(onFull: (path: string, bytes: Uint8Array) => void) {
    this.#onFull = onFull;
  }

  /** Takes new hashes of a tile, in order. Copies. */
  add({ level, index, start, hashes }: TileRun): void {
    const known = this.#open[level];
    const tile = known?.index === index ? known : { index, width: 0, bytes: new Uint8Array(TILE_BYTES) };
    this.#open[level] = tile;
    tile.bytes.set(hashes, start * HASH_SIZE);
    tile.width = start + hashes.length / HASH_SIZE;
    if (tile.width < TILE_WIDTH) return;
    delete this.#open[level];
    this.#onFull(fullTilePath(level, index), tile.bytes);
  }

  /** The first hashes of a tile that is being filled; undefined when it is not, or has fewer. Not to be changed. */
  read({ level, index, width }: Tile): Uint8Array | undefined {
    const tile = this.#open[level];
    return tile?.index === index && width <= tile.width ? tile.bytes.subarray(0, width * HASH_SIZE) : undefined;
  }
}
