// Verifying a log without its hive: a journal directory (segments, checkpoint, tiles), or a pack in a directory or behind a
// URL. Everything is computed again from the records; what is stored is only compared. Takes no lock and writes nothing.

import { join } from 'node:path';
import { type Checkpoint, formatTilePath, TILE_WIDTH, type Tile, tilesOf } from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { attempt, type Disk } from '../disk.ts';
import { scanJournal } from '../scan.ts';
import { CHECKPOINT_NAME, COSIGNED_NAME, KEY_NAME } from './checkpoint-file.ts';
import {
  type HeadNotes,
  keyIdText,
  keyOf,
  type LogFinding,
  type LogHeads,
  type LogTrust,
  readHeads,
  type SeenWitness,
} from './log-heads.ts';
import { directorySource, inOrder, type LogSource, NOTE_BYTES_MAX, readEntries, readTile } from './log-source.ts';
import { TILE_BYTES } from './open-tiles.ts';
import { TreeCheck } from './tree-check.ts';

/** What was found. */
export interface LogReport {
  readonly ok: boolean;
  readonly kind: 'journal' | 'pack';
  readonly origin: string;
  /** Records under the checkpoint. */
  readonly size: number;
  /** Records after it, which nobody has signed yet; a journal only. */
  readonly unsigned: number;
  /** Root of the tree, base64. */
  readonly root: string;
  readonly keyFrom: 'option' | 'log';
  readonly key: string;
  /** Those that were asked for and have cosigned. */
  readonly witnesses: readonly SeenWitness[];
  readonly findings: readonly LogFinding[];
}

/** Is told how many of the signed records were checked, now and then. */
export type OnProgress = (done: number, count: number) => void;

/** Bundles of records read at a time: a host far away answers slowly, and each may have 16 MiB. */
const BUNDLES_AHEAD = 8;

/** Verifies a journal directory or a pack. `not-found` when it is neither, `invalid-payload` for a bad key or note given. */
export async function verifyLog(
  disk: Disk,
  directory: string,
  trust: LogTrust,
  onProgress?: OnProgress,
): Promise<Result<LogReport>> {
  const source = directorySource(disk, directory);
  const names = await attempt(`cannot list ${directory}`, () => disk.readdir(directory));
  const isJournal = names.ok && names.value.some((name) => name.endsWith('.seg'));
  if (!isJournal) return verifyPack(source, trust, onProgress);
  return verify('journal', { source, trust }, (heads) => checkJournal(disk, directory, { heads, onProgress }));
}

/** As `verifyLog`, for a pack wherever it is. Refuses as its source does when that cannot be read. */
export function verifyPack(source: LogSource, trust: LogTrust, onProgress?: OnProgress): Promise<Result<LogReport>> {
  return verify('pack', { source, trust }, (heads) => new PackCheck(source, heads).run(onProgress));
}

/** Reads what there is to check; the answer has seen every record. */
type CheckRecords = (heads: LogHeads) => Promise<Result<TreeCheck>>;

async function verify(
  kind: LogReport['kind'],
  { source, trust }: { readonly source: LogSource; readonly trust: LogTrust },
  checkRecords: CheckRecords,
): Promise<Result<LogReport>> {
  const notes = await readNotes(source);
  if (!notes.ok) return notes;
  const keyText = await keyTextOf(source, trust);
  if (!keyText.ok) return keyText;
  const key = keyOf(keyText.value, 'ed25519', 'the log');
  if (!key.ok) return key;
  const heads = readHeads(notes.value, key.value, trust);
  if (!heads.ok) return heads;
  const checked = await checkRecords(heads.value);
  if (!checked.ok) return checked;
  checked.value.end();
  const { size = 0, root = new Uint8Array(0) }: Partial<Checkpoint> = heads.value.checkpoint ?? {};
  return ok({
    ok: checked.value.findings.length === 0,
    kind,
    origin: key.value.name,
    size,
    unsigned: Math.max(0, checked.value.size - size),
    root: Buffer.from(root).toString('base64'),
    keyFrom: trust.key === undefined ? 'log' : 'option',
    key: keyIdText(key.value),
    witnesses: heads.value.witnesses,
    findings: checked.value.findings,
  });
}

/** The notes of a log; `not-found` when it has no checkpoint. */
export async function readNotes(source: LogSource): Promise<Result<HeadNotes>> {
  const cosigned = await source.read(COSIGNED_NAME, NOTE_BYTES_MAX);
  if (!cosigned.ok) return cosigned;
  const checkpoint = await source.read(CHECKPOINT_NAME, NOTE_BYTES_MAX);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value === undefined)
    return refuse('not-found', `${source.name} has no ${CHECKPOINT_NAME}: it is no log.`);
  // A hive that nobody has cosigned yet serves an empty file.
  return ok({ checkpoint: checkpoint.value, cosigned: cosigned.value?.length === 0 ? undefined : cosigned.value });
}

/** The key that was given, or that of the log itself; `not-found` when there is neither. */
export async function keyTextOf(source: LogSource, { key }: Pick<LogTrust, 'key'>): Promise<Result<string>> {
  if (key !== undefined) return ok(key);
  const own = await source.read(KEY_NAME, NOTE_BYTES_MAX);
  if (!own.ok) return own;
  if (own.value === undefined)
    return refuse('not-found', `${source.name} has no ${KEY_NAME}; give the key of the log.`);
  return ok(Buffer.from(own.value).toString());
}

/** A finding that ends the reading is one of the scan: it names file and byte. */
async function checkJournal(
  disk: Disk,
  directory: string,
  { heads, onProgress }: { readonly heads: LogHeads; readonly onProgress: OnProgress | undefined },
): Promise<Result<TreeCheck>> {
  // Full tiles are compared as they come to be; one that is not stored is not missed, because it is derived.
  const check = new TreeCheck(heads, (path, computed) => {
    const stored = disk.readSync(join(directory, path), 0, TILE_BYTES + 1);
    if (stored !== undefined) check.compareTile(path, stored, computed);
  });
  const count = heads.checkpoint?.size ?? 0;
  const scanned = await scanJournal(disk, directory, (_, body) => {
    check.add(body);
    if (check.size % TILE_WIDTH === 0) onProgress?.(Math.min(check.size, count), count);
    return undefined;
  });
  if (!scanned.ok) check.find(scanned.refusal.detail, directory);
  return ok(check);
}

/** A bundle of records and the tile over them, as they were read. */
interface Part {
  readonly entries: Awaited<ReturnType<typeof readEntries>>;
  readonly tile: Awaited<ReturnType<typeof readTile>>;
  readonly resource: Tile;
}

class PackCheck {
  readonly #source: LogSource;
  readonly #size: number;
  readonly #check: TreeCheck;
  /** Full tiles that are not compared yet. */
  readonly #full: (readonly [path: string, computed: Uint8Array])[] = [];

  constructor(source: LogSource, heads: LogHeads) {
    this.#source = source;
    this.#size = heads.checkpoint?.size ?? 0;
    this.#check = new TreeCheck(heads, (path, computed) => this.#full.push([path, computed]));
  }

  async run(onProgress: OnProgress | undefined): Promise<Result<TreeCheck>> {
    const count = Math.ceil(this.#size / TILE_WIDTH);
    for await (const part of inOrder({ count, ahead: BUNDLES_AHEAD }, (index) => this.#load(index))) {
      const { entries, resource } = part;
      if (!entries.ok) return entries;
      if (!entries.value.ok) {
        this.#check.find(entries.value.problem, formatTilePath({ ...resource, kind: 'entries' }));
        return ok(this.#check);
      }
      for (const entry of entries.value.value) this.#check.add(entry);
      const compared = await this.#compare(part);
      if (!compared.ok) return compared;
      onProgress?.(this.#check.size, this.#size);
    }
    return ok(this.#check);
  }

  async #load(index: number): Promise<Part> {
    const width = Math.min(TILE_WIDTH, this.#size - index * TILE_WIDTH);
    const resource: Tile = { kind: 'tile', level: 0, index, width };
    const [entries, tile] = await Promise.all([
      readEntries(this.#source, { kind: 'entries', index, width }),
      readTile(this.#source, resource),
    ]);
    return { entries, tile, resource };
  }

  /** Compares the tiles that this part filled and, after the last one, those that are not full. */
  async #compare({ tile, resource }: Part): Promise<Result<void>> {
    const known = formatTilePath(resource);
    const isLast = this.#check.size === this.#size;
    const computed = [...this.#full.splice(0), ...(isLast ? this.#partial() : [])];
    for (const [path, bytes, narrow] of computed) {
      const stored = path === known ? tile : await this.#stored(path, narrow);
      if (!stored.ok) return stored;
      if (stored.value === undefined) this.#check.find('a tile is missing', path);
      else this.#check.compareTile(path, stored.value, bytes);
    }
    return ok(undefined);
  }

  #partial(): (readonly [path: string, computed: Uint8Array, tile: Tile])[] {
    return [...tilesOf(this.#size)].flatMap((tile) => {
      const bytes = this.#check.partial(tile);
      return bytes === undefined ? [] : [[formatTilePath(tile), bytes, tile] as const];
    });
  }

  #stored(path: string, tile: Tile | undefined): ReturnType<typeof readTile> {
    return tile === undefined ? this.#source.read(path, TILE_BYTES + 1) : readTile(this.#source, tile);
  }
}
