// A pack: a transparency log as a directory of files in the layout of C2SP tlog-tiles, for whoever wants to verify it
// without us. `checkpoint`, `cosigned` (when there is one), `key` (verifier key text), `tile/<level>/<index>[.p/<width>]`, `tile/entries/<index>[.p/<width>]`.

import { dirname, join } from 'node:path';
import { assert } from '@cohesix/check';
import {
  encodeBundle,
  formatTilePath,
  parseCheckpoint,
  parseNote,
  TILE_WIDTH,
  TileBuilder,
  tilesOf,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { attempt, type Disk, writeAll } from '../disk.ts';
import { type ReadRange, readSpans, spanOf } from '../read.ts';
import { scanJournal } from '../scan.ts';
import { CHECKPOINT_NAME, COSIGNED_NAME, KEY_NAME, readCheckpoint, readCosigned } from './checkpoint-file.ts';
import { OpenTiles } from './open-tiles.ts';
import { makeTreeHasher } from './sha256.ts';

const KEY_BYTES_MAX = 4096;

interface PackHead {
  readonly note: Uint8Array;
  readonly key: Uint8Array;
  readonly cosigned: Uint8Array | undefined;
}

/** What was written. */
export interface PackReport {
  readonly records: number;
  readonly files: number;
}

/**
 * Writes a pack of the last checkpoint of the journal in `directory` into `target`, which must not exist. Takes no lock:
 * a hive may be writing, since only records under the checkpoint are taken. `not-found` without a checkpoint.
 */
export async function writePack(disk: Disk, directory: string, target: string): Promise<Result<PackReport>> {
  // In this order, so that what was cosigned is always part of the pack.
  const cosigned = await readCosigned(disk, directory);
  if (!cosigned.ok) return cosigned;
  const note = await readCheckpoint(disk, directory);
  if (!note.ok) return note;
  if (note.value === undefined) return refuse('not-found', `${directory} has no checkpoint; start the hive once.`);
  const parsed = parseNote(note.value);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) return refuse('audit-unavailable', `${directory}/${CHECKPOINT_NAME}: ${checkpoint.problem}`);
  const key = disk.readSync(join(directory, KEY_NAME), 0, KEY_BYTES_MAX);
  if (key === undefined) return refuse('audit-unavailable', `${join(directory, KEY_NAME)} cannot be read.`);
  const head = { note: note.value, key, cosigned: cosigned.value };
  return new PackWriter(disk, target, checkpoint.value.size).write(directory, head);
}

class PackWriter {
  readonly #disk: Disk;
  readonly #target: string;
  readonly #size: number;
  /** Full tiles that are not written yet, and those being filled. */
  readonly #full: (readonly [path: string, bytes: Uint8Array])[] = [];
  readonly #open: OpenTiles = new OpenTiles((path, bytes) => this.#full.push([path, bytes]));
  readonly #made = new Set<string>();
  #files = 0;

  constructor(disk: Disk, target: string, size: number) {
    this.#disk = disk;
    this.#target = target;
    this.#size = size;
  }

  async write(directory: string, head: PackHead): Promise<Result<PackReport>> {
    if ((await this.#disk.lstat(this.#target)) !== undefined)
      return refuse('exists', `${this.#target} exists already.`);
    const scan = await scanJournal(this.#disk, directory, () => undefined);
    if (!scan.ok) return scan;
    if (scan.value.last < this.#size) return cutOff(this.#size, scan.value.last);
    const range = { spans: scan.value.segments.map(spanOf), from: 1, to: this.#size };
    const written = await attempt(`cannot write ${this.#target}`, () => this.#copy(directory, range));
    if (!written.ok) return written;
    if (!written.value.ok) return written.value;
    const ended = await attempt(`cannot write ${this.#target}`, async () => {
      await this.#file(KEY_NAME, head.key);
      if (head.cosigned !== undefined) await this.#file(COSIGNED_NAME, head.cosigned);
      await this.#file(CHECKPOINT_NAME, head.note);
    });
    return ended.ok ? ok({ records: this.#size, files: this.#files }) : ended;
  }

  async #copy(directory: string, range: ReadRange): Promise<Result<void>> {
    const hasher = makeTreeHasher();
    const builder = new TileBuilder(hasher, (run) => this.#open.add(run));
    let bundle: Uint8Array[] = [];
    if (this.#size > 0)
      for await (const entry of readSpans(this.#disk, directory, range)) {
        if (!entry.ok) return entry;
        builder.append(hasher.leaf(entry.value.body));
        bundle.push(entry.value.body);
        if (bundle.length < TILE_WIDTH && builder.size < this.#size) continue;
        await this.#entries(Math.ceil(builder.size / TILE_WIDTH) - 1, bundle);
        await this.#flushFull();
        bundle = [];
      }
    builder.flush();
    await this.#flushFull();
    for (const tile of tilesOf(this.#size)) {
      const bytes = this.#open.read(tile);
      if (bytes !== undefined) await this.#file(formatTilePath(tile), bytes);
    }
    return ok(undefined);
  }

  async #flushFull(): Promise<void> {
    for (const [path, bytes] of this.#full.splice(0)) await this.#file(path, bytes);
  }

  async #entries(index: number, entries: readonly Uint8Array[]): Promise<void> {
    const bytes = encodeBundle(entries);
    assert(bytes.ok, 'records of a journal fit into a bundle');
    await this.#file(formatTilePath({ kind: 'entries', index, width: entries.length }), bytes.value);
  }

  async #file(path: string, bytes: Uint8Array): Promise<void> {
    const full = join(this.#target, path);
    const folder = dirname(full);
    if (!this.#made.has(folder)) await this.#disk.mkdir(folder);
    this.#made.add(folder);
    const file = await this.#disk.open(full, 'create');
    try {
      await writeAll(file, [bytes], 0);
    } finally {
      await file.close();
    }
    this.#files += 1;
  }
}

function cutOff(signed: number, found: number): Result<never> {
  return refuse('audit-unavailable', `tampering: ${signed} records were signed and only ${found} are here.`);
}
