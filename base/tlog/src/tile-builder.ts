// Turns leaf hashes into tiles. Each level has one open tile of 8 KiB; its hashes go out as a run when it is full or
// when the host asks, so that a host appends every run to the file of its tile and writes no hash twice.
//
// Invariant: of the open tile of a level, hashes [0, sent) went out and [sent, width) did not; a tile above holds only
// roots of full tiles, and those went out before it. Source: C2SP tlog-tiles, "Merkle Tree" and "Partial Tiles".

import { accepted, assert, type Outcome } from '@cohesix/check';
import { Frontier, type NodeSink } from './frontier.ts';
import { TILE_HEIGHT, TILE_WIDTH, tileLevels } from './tile.ts';
import { readTile, type TileSource } from './tile-source.ts';
import { HASH_SIZE, type TreeHasher } from './tree-hasher.ts';

/** New hashes of one tile: they follow the `start` hashes it had. */
export interface TileRun {
  readonly level: number;
  /** Of the tile in its level. */
  readonly index: number;
  /** Position in the tile of the first hash, 0..255: its offset in the tile's file is `start * 32`. */
  readonly start: number;
  /** 1..256 hashes of 32 bytes. Borrowed: valid during the call only. */
  readonly hashes: Uint8Array;
}

/** Takes a run. Must not call the builder. */
export type TileRunSink = (run: TileRun) => void;

/** The state to go on from: a size, and the tiles that a tree of that size has. */
export interface TileBuilderState {
  readonly size: number;
  readonly tiles: TileSource;
}

/** The open tile of a level. */
interface Row {
  readonly level: number;
  readonly bytes: Uint8Array;
  index: number;
  width: number;
  sent: number;
}

/** Grows a tree and hands out its tiles. */
export class TileBuilder {
  private readonly frontier: Frontier;
  private readonly emit: TileRunSink;
  private readonly rows: Row[] = [];
  private readonly take: NodeSink;

  /** The tree without leaves. */
  constructor(hasher: TreeHasher, emit: TileRunSink) {
    this.frontier = new Frontier(hasher);
    this.emit = emit;
    this.take = (level, index, hash): void => {
      if (level % TILE_HEIGHT === 0) this.add(this.rowOf(level / TILE_HEIGHT), index, hash);
    };
  }

  /**
   * Goes on from a state: reads only its partial tiles, at most seven. Fails when one is missing or short. The hashes
   * cannot be checked here: compare `root()` with a checkpoint of the same size.
   */
  static resume(hasher: TreeHasher, emit: TileRunSink, state: TileBuilderState): Outcome<TileBuilder> {
    const builder = new TileBuilder(hasher, emit);
    for (const { level, fullCount, partialWidth } of tileLevels(state.size).toReversed()) {
      const row = builder.rowOf(level);
      row.index = fullCount;
      if (partialWidth === 0) continue;
      const hashes = readTile(state.tiles, { kind: 'tile', level, index: fullCount, width: partialWidth });
      if (!hashes.ok) return hashes;
      builder.restore(level, hashes.value);
    }
    assert(builder.size === state.size, 'partial tiles make up the whole tree');
    return accepted(builder);
  }

  /** Leaves so far. */
  get size(): number {
    return this.frontier.size;
  }

  /** The root hash of all leaves so far, not to be changed. RFC 6962 section 2.1. */
  root(): Uint8Array {
    return this.frontier.root();
  }

  /** Appends a leaf hash (32 bytes; kept, so not to be changed later). Runs of tiles that it fills go out at once. */
  append(leafHash: Uint8Array): void {
    this.frontier.append(leafHash, this.take);
  }

  /** Hands out what has not gone out yet, lowest level first. After it, the tiles out there are those of `size`. */
  flush(): void {
    for (const row of this.rows) this.send(row);
  }

  private add(row: Row, index: number, hash: Uint8Array): void {
    assert((index & (TILE_WIDTH - 1)) === row.width, 'the hashes of a level come in order');
    row.bytes.set(hash, row.width * HASH_SIZE);
    row.width += 1;
    if (row.width === TILE_WIDTH) this.close(row);
  }

  private close(row: Row): void {
    this.send(row);
    row.index += 1;
    row.width = 0;
    row.sent = 0;
  }

  private send(row: Row): void {
    if (row.sent === row.width) return;
    const hashes = row.bytes.subarray(row.sent * HASH_SIZE, row.width * HASH_SIZE);
    this.emit({ level: row.level, index: row.index, start: row.sent, hashes });
    row.sent = row.width;
  }

  private rowOf(level: number): Row {
    while (this.rows.length <= level) {
      const bytes = new Uint8Array(TILE_WIDTH * HASH_SIZE);
      this.rows.push({ level: this.rows.length, bytes, index: 0, width: 0, sent: 0 });
    }
    return this.rows[level] as Row;
  }

  /** Takes the partial tile of a level as one that went out. Levels come from the highest down. */
  private restore(level: number, hashes: Uint8Array): void {
    const row = this.rowOf(level);
    row.bytes.set(hashes);
    row.width = hashes.length / HASH_SIZE;
    row.sent = row.width;
    for (let at = 0; at < hashes.length; at += HASH_SIZE) {
      this.frontier.appendSubtree(level * TILE_HEIGHT, hashes.slice(at, at + HASH_SIZE));
    }
  }
}
