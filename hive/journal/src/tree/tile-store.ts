// The tiles of the tree on disk, in the layout of C2SP tlog-tiles: `tile/<level>/<index>`, full tiles only. The tile that
// is being filled of each level is in memory. All of it is derived: a tile that is missing or short at a start that reads
// all records is written again, so nothing is synced until a snapshot is about to make such a start needless.

import { basename, dirname, join } from 'node:path';
import { HASH_SIZE, type Tile, type TileRun, tileLevels } from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { attempt, type Disk, writeAll } from '../disk.ts';
import { fullTilePath, OpenTiles, TILE_BYTES } from './open-tiles.ts';

export class TileStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #open: OpenTiles = new OpenTiles((path, bytes) => this.#waiting.set(path, bytes));
  /** Full tiles on their way to the disk, by path. */
  readonly #waiting = new Map<string, Uint8Array>();
  readonly #madeDirectories = new Set<string>();
  /** Files written and not synced. */
  readonly #unsynced: string[] = [];
  #syncing: Promise<Result<void>> | undefined;
  #writing: Promise<Result<void>> | undefined;

  /** `directory`: where `tile/` lies. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Takes new hashes of a tile, in order. Copies. */
  add(run: TileRun): void {
    this.#open.add(run);
  }

  /** The hashes of a tile, at least `width` of them; undefined when it has not so many. Not to be changed. */
  read(tile: Tile): Uint8Array | undefined {
    const open = this.#open.read(tile);
    if (open !== undefined) return open;
    const path = fullTilePath(tile.level, tile.index);
    const bytes = this.#waiting.get(path) ?? this.#disk.readSync(join(this.#directory, path), 0, TILE_BYTES);
    return bytes?.length === TILE_BYTES ? bytes.subarray(0, tile.width * HASH_SIZE) : undefined;
  }

  /** Writes the full tiles that are not on disk yet; one write at a time. Refuses with `audit-unavailable`. */
  flush(): Promise<Result<void>> {
    this.#writing ??= this.#flush().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Makes every tile that was written durable. After a failure it never succeeds: what a later sync says is not believed. */
  async sync(): Promise<Result<void>> {
    const before = await this.#syncing;
    if (before?.ok === false) return before;
    const paths = this.#unsynced.splice(0);
    this.#syncing = attempt('cannot make tiles durable', async () => {
      await inGroups(paths, (path) => syncFile(this.#disk, path));
      for (const folder of new Set(paths.flatMap((path) => this.#foldersOf(path))))
        await this.#disk.syncDirectory(folder);
    });
    return this.#syncing;
  }

  /** Whether every full tile of a tree of `size` records is on disk, as far as their names tell. */
  async hasAll(size: number): Promise<boolean> {
    const expected = new Map<string, string[]>();
    for (const { level, fullCount } of tileLevels(size))
      for (let index = 0; index < fullCount; index++) {
        const path = join(this.#directory, fullTilePath(level, index));
        const names = expected.get(dirname(path)) ?? [];
        expected.set(dirname(path), names);
        names.push(basename(path));
      }
    for (const [folder, names] of expected) {
      const found = await attempt('', async () => new Set(await this.#disk.readdir(folder)));
      if (!found.ok || !names.every((name) => found.value.has(name))) return false;
    }
    return true;
  }

  /** The folder of a tile and those above it, up to that of the log. */
  #foldersOf(path: string): readonly string[] {
    const folders: string[] = [];
    for (let folder = dirname(path); folder.length > this.#directory.length; folder = dirname(folder))
      folders.push(folder);
    return [...folders, this.#directory];
  }

  #flush(): Promise<Result<void>> {
    return attempt('cannot write a tile', () =>
      inGroups([...this.#waiting], async ([path, bytes]) => {
        await this.#write(join(this.#directory, path), bytes);
        this.#waiting.delete(path);
      }),
    );
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const folder = dirname(path);
    if (!this.#madeDirectories.has(folder)) await this.#disk.mkdir(folder);
    this.#madeDirectories.add(folder);
    const known = await this.#disk.lstat(path);
    // Compared, not only measured: a power cut may leave a file of the right size without all of its bytes. And what is
    // there may be in the page cache only, of a process that was killed: it is synced like a tile that is written now.
    if (known?.kind === 'file' && known.size === TILE_BYTES && this.#holds(path, bytes)) {
      this.#unsynced.push(path);
      return;
    }
    if (known !== undefined) await this.#disk.unlink(path);
    const file = await this.#disk.open(path, 'create');
    try {
      await writeAll(file, [bytes], 0);
      this.#unsynced.push(path);
    } finally {
      await file.close();
    }
  }

  #holds(path: string, bytes: Uint8Array): boolean {
    const stored = this.#disk.readSync(path, 0, TILE_BYTES);
    return stored !== undefined && Buffer.compare(stored, bytes) === 0;
  }
}

/** Files at work at a time: on a busy hive each operation waits for a turn of the event loop, and so may wait together. */
const GROUP = 32;

/** Does something with each, a group at a time. Rejects with the first failure, once its group is through. */
async function inGroups<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += GROUP) {
    const settled = await Promise.allSettled(items.slice(at, at + GROUP).map(run));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
