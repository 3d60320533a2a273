// Verifying a log without its hive: a journal directory (segments, checkpoint, tiles) or a pack. Everything is computed
// again from the records; what is stored is only compared. Takes no lock and writes nothing.

import { join } from 'node:path';
import {
  decodeBundle,
  type Ed25519Verify,
  equalHashes,
  formatTilePath,
  type NoteKey,
  type OpenCheckpoint,
  openCheckpoint,
  parseNoteKey,
  TILE_WIDTH,
  TileBuilder,
  tilesOf,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { attempt, type Disk } from '../disk.ts';
import { scanJournal } from '../scan.ts';
import { CHECKPOINT_NAME, KEY_NAME } from './checkpoint-file.ts';
import { OpenTiles } from './open-tiles.ts';
import { makeTreeHasher, sha256 } from './sha256.ts';

/** Whom a verifier believes. */
export interface LogTrust {
  /** Verifier key text of the log; without one that of the log itself is taken, which proves consistency only. */
  readonly key?: string;
  /** An older checkpoint, kept elsewhere: the log must still be an extension of it. */
  readonly older?: Uint8Array;
  /** Verifier key texts (type cosignature) of witnesses that must have cosigned. */
  readonly witnesses?: readonly string[];
  readonly verify: Ed25519Verify;
}

/** Something that is not as it must be. */
export interface LogFinding {
  readonly what: string;
  /** A record number, a tile, a file. */
  readonly where: string;
}

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
  readonly findings: readonly LogFinding[];
}

/** Most bytes of a checkpoint or key. */
const NOTE_BYTES_MAX = 65_536;
/** Findings that are told; there may be more. */
const FINDINGS_MAX = 32;

/** Verifies a journal directory or a pack. `not-found` when it is neither, `invalid-payload` for a bad key or note given. */
export async function verifyLog(disk: Disk, directory: string, trust: LogTrust): Promise<Result<LogReport>> {
  const note = readSmall(disk, join(directory, CHECKPOINT_NAME));
  if (note === undefined) return refuse('not-found', `${directory} has no ${CHECKPOINT_NAME}: it is no log.`);
  const keyText = trust.key ?? textOf(readSmall(disk, join(directory, KEY_NAME)));
  if (keyText === undefined) return refuse('not-found', `${directory} has no ${KEY_NAME}; give the key of the log.`);
  const key = parseNoteKey(sha256, keyText.trim());
  if (!key.ok) return refuse('invalid-payload', `The key of the log: ${key.problem}.`);
  const names = await attempt(`cannot list ${directory}`, () => disk.readdir(directory));
  if (!names.ok) return names;
  const kind = names.value.some((name) => name.endsWith('.seg')) ? 'journal' : 'pack';
  const verifier = new LogVerifier({ disk, directory, trust, key: key.value });
  return verifier.verify(kind, note);
}

interface Job {
  readonly disk: Disk;
  readonly directory: string;
  readonly trust: LogTrust;
  readonly key: NoteKey;
}

class LogVerifier {
  readonly #job: Job;
  readonly #findings: LogFinding[] = [];
  readonly #hasher = makeTreeHasher();
  readonly #builder: TileBuilder;
  /** Sizes at which the root is compared, and with what. */
  readonly #expected = new Map<number, { readonly root: Uint8Array; readonly what: string }[]>();
  /** Full tiles are compared as they come to be; one that is not stored is not missed, because it is derived. */
  readonly #open: OpenTiles = new OpenTiles((path, bytes) => this.#compareStored(path, bytes));

  constructor(job: Job) {
    this.#job = job;
    this.#builder = new TileBuilder(this.#hasher, (run) => this.#open.add(run));
  }

  async verify(kind: LogReport['kind'], note: Uint8Array): Promise<Result<LogReport>> {
    const { key, trust } = this.#job;
    const opened = this.#checkpoint(note);
    if (!opened.ok) return opened;
    const { size = 0, root = new Uint8Array(0) } = opened.value?.checkpoint ?? {};
    if (opened.value !== undefined) this.#expect(size, root, 'the signed checkpoint');
    const older = this.#older(size);
    if (!older.ok) return older;
    this.#compareRoot();
    const read = kind === 'journal' ? await this.#journal() : this.#pack(size);
    if (!read.ok) return read;
    for (const [missing] of this.#expected)
      this.#find(`the log ends at record ${this.#builder.size}`, `record ${missing}`);
    return ok({
      ok: this.#findings.length === 0,
      kind,
      origin: key.name,
      size,
      unsigned: Math.max(0, this.#builder.size - size),
      root: Buffer.from(root).toString('base64'),
      keyFrom: trust.key === undefined ? 'log' : 'option',
      key: key.id.toString(16).padStart(8, '0'),
      findings: this.#findings,
    });
  }

  /** The checkpoint, when its signature holds; else a finding. */
  #checkpoint(note: Uint8Array): Result<OpenCheckpoint | undefined> {
    const { key, trust } = this.#job;
    const cosigners: NoteKey[] = [];
    for (const text of trust.witnesses ?? []) {
      const parsed = parseNoteKey(sha256, text.trim());
      if (!parsed.ok) return refuse('invalid-payload', `The key of a witness: ${parsed.problem}.`);
      cosigners.push(parsed.value);
    }
    const opened = openCheckpoint(note, { origin: key.name, logKeys: [key], cosigners }, trust.verify);
    if (!opened.ok) {
      this.#find(`the checkpoint does not verify: ${opened.problem}`, CHECKPOINT_NAME);
      return ok(undefined);
    }
    for (const { name, id } of cosigners) {
      const has = opened.value.cosigned.some(({ key: one }) => one.name === name && one.id === id);
      if (!has) this.#find(`witness ${name} has not cosigned`, CHECKPOINT_NAME);
    }
    return ok(opened.value);
  }

  #older(size: number): Result<void> {
    const { key, trust } = this.#job;
    if (trust.older === undefined) return ok(undefined);
    const opened = openCheckpoint(trust.older, { origin: key.name, logKeys: [key], cosigners: [] }, trust.verify);
    if (!opened.ok) return refuse('invalid-payload', `The older checkpoint: ${opened.problem}.`);
    const { checkpoint } = opened.value;
    if (checkpoint.size > size)
      this.#find(`rolled back: ${checkpoint.size} records were signed before`, CHECKPOINT_NAME);
    this.#expect(checkpoint.size, checkpoint.root, 'the older checkpoint: history was rewritten');
    return ok(undefined);
  }

  #expect(size: number, root: Uint8Array, what: string): void {
    this.#expected.set(size, [...(this.#expected.get(size) ?? []), { root, what }]);
  }

  #add(body: Uint8Array): void {
    this.#builder.append(this.#hasher.leaf(body));
    this.#compareRoot();
  }

  #compareRoot(): void {
    const { size } = this.#builder;
    const expected = this.#expected.get(size);
    if (expected === undefined) return;
    this.#expected.delete(size);
    for (const { root, what } of expected) {
      if (!equalHashes(this.#builder.root(), root))
        this.#find(`records 1 to ${size} are not those of ${what}`, `record ${size}`);
    }
  }

  /** A finding that ends the reading is one of the scan: it names file and byte. */
  async #journal(): Promise<Result<void>> {
    const { disk, directory } = this.#job;
    const scanned = await scanJournal(disk, directory, (_, body) => {
      this.#add(body);
      return undefined;
    });
    if (!scanned.ok) this.#find(scanned.refusal.detail, directory);
    return ok(undefined);
  }

  #pack(size: number): Result<void> {
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const path = formatTilePath({ kind: 'entries', index, width });
      const bytes = this.#read(path);
      const bundle = bytes === undefined ? undefined : decodeBundle(bytes, width);
      if (bundle === undefined || !bundle.ok) {
        this.#find(bundle === undefined ? 'a bundle of records is missing' : bundle.problem, path);
        return ok(undefined);
      }
      for (const entry of bundle.value) this.#add(entry);
    }
    this.#builder.flush();
    this.#finishTiles(size);
    return ok(undefined);
  }

  #read(path: string): Uint8Array | undefined {
    const { disk, directory } = this.#job;
    return disk.readSync(join(directory, path), 0, ENTRIES_BYTES_MAX);
  }

  /** In a pack every tile must be there; the partial ones are still to be compared. */
  #finishTiles(size: number): void {
    for (const tile of tilesOf(size)) {
      const path = formatTilePath(tile);
      const computed = this.#open.read(tile);
      if (this.#read(path) === undefined) this.#find('a tile is missing', path);
      else if (computed !== undefined) this.#compareStored(path, computed);
    }
  }

  #compareStored(path: string, computed: Uint8Array): void {
    const stored = this.#read(path);
    if (stored === undefined) return;
    if (!equalHashes(stored, computed)) this.#find('a tile is not that of the records', path);
  }

  #find(what: string, where: string): void {
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ what, where });
  }
}

/** Enough for any bundle: 256 entries of 65,535 bytes with their lengths. */
const ENTRIES_BYTES_MAX = TILE_WIDTH * (65_535 + 2);

function readSmall(disk: Disk, path: string): Uint8Array | undefined {
  return disk.readSync(path, 0, NOTE_BYTES_MAX);
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
