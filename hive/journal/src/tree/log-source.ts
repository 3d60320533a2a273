// Where the files of a log are read: a directory, a web host, a hive's own door. Paths are those of C2SP tlog-tiles below
// the root of the log: `checkpoint`, `key`, `tile/<level>/<index>[.p/<width>]`, `tile/entries/<index>[.p/<width>]`.

import { join } from 'node:path';
import {
  BUNDLE_SIZE_MAX,
  type Bundle,
  decodeBundle,
  formatTilePath,
  HASH_SIZE,
  type HashSource,
  hashSourceOfTiles,
  type NodeId,
  type Outcome,
  placeOfNode,
  TILE_WIDTH,
  type Tile,
} from '@cohesix/tlog';
import { ok, type Result } from '@cohesix/wire';
import type { Disk } from '../disk.ts';
import { TILE_BYTES } from './open-tiles.ts';
import { makeTreeHasher } from './sha256.ts';

/** Most bytes of a checkpoint or key: room for the most signatures a note may have. */
export const NOTE_BYTES_MAX = 65_536;

/** The files of a log. */
export interface LogSource {
  /** For people: a directory or a URL. */
  readonly name: string;
  /**
   * A file, cut after `sizeMax` bytes; undefined when there is none. Refuses when that cannot be told: what refuses is
   * not a fault of the log.
   */
  readonly read: (path: string, sizeMax: number) => Promise<Result<Uint8Array | undefined>>;
}

/** The log whose files lie in a directory. */
export function directorySource(disk: Disk, directory: string): LogSource {
  return {
    name: directory,
    read: async (path, sizeMax) => ok(disk.readSync(join(directory, path), 0, sizeMax)),
  };
}

/**
 * The hashes of a tile, or more bytes when the file is too long; undefined when it is missing. A host may have dropped the
 * partial states of a tile that is full by now: then its first hashes are those.
 */
export async function readTile(source: LogSource, tile: Tile): Promise<Result<Uint8Array | undefined>> {
  const exact = await source.read(formatTilePath(tile), TILE_BYTES + 1);
  if (!exact.ok || exact.value !== undefined || tile.width === TILE_WIDTH) return exact;
  const full = await source.read(formatTilePath({ ...tile, width: TILE_WIDTH }), TILE_BYTES + 1);
  return full.ok ? ok(full.value?.subarray(0, tile.width * HASH_SIZE)) : full;
}

/** The entries of a bundle, or why the files give none; like `readTile` out of the full one where there is no other. */
export async function readEntries(source: LogSource, bundle: Bundle): Promise<Result<Outcome<Uint8Array[]>>> {
  const exact = await source.read(formatTilePath(bundle), BUNDLE_SIZE_MAX + 1);
  if (!exact.ok) return exact;
  if (exact.value !== undefined) return ok(decodeBundle(exact.value, bundle.width));
  const isFull = bundle.width === TILE_WIDTH;
  const full = isFull
    ? exact
    : await source.read(formatTilePath({ ...bundle, width: TILE_WIDTH }), BUNDLE_SIZE_MAX + 1);
  if (!full.ok) return full;
  if (full.value === undefined) return ok({ ok: false, problem: 'a bundle of records is missing' });
  const entries = decodeBundle(full.value, TILE_WIDTH);
  return ok(entries.ok ? { ok: true, value: entries.value.slice(0, bundle.width) } : entries);
}

/** The hashes of some complete subtrees of a tree of `size`: reads the tiles they are in. Those missing are undefined. */
export async function fetchHashes(
  source: LogSource,
  size: number,
  nodes: readonly NodeId[],
): Promise<Result<HashSource>> {
  const tiles = new Map<string, Uint8Array | undefined>();
  for (const { level, index } of nodes) {
    const tile = placeOfNode(size, level, index)?.tile;
    const path = tile === undefined ? undefined : formatTilePath(tile);
    if (tile === undefined || path === undefined || tiles.has(path)) continue;
    const bytes = await readTile(source, tile);
    if (!bytes.ok) return bytes;
    tiles.set(path, bytes.value);
  }
  return ok(hashSourceOfTiles(makeTreeHasher(), (tile) => tiles.get(formatTilePath(tile)), size));
}

/** Loads items 0 to `count - 1`, `ahead` of them at a time, and yields them in order. */
export async function* inOrder<T>(
  { count, ahead }: { readonly count: number; readonly ahead: number },
  load: (index: number) => Promise<T>,
): AsyncGenerator<T> {
  const loading: Promise<T>[] = [];
  for (let next = 0; next < count || loading.length > 0; ) {
    while (next < count && loading.length < ahead) loading.push(load(next++));
    yield (await loading.shift()) as T;
  }
}
