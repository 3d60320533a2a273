// The transparency log over a journal: an RFC 6962 tree whose leaf i is the body of record i + 1, its tiles, and signed
// checkpoints. It is fed every durable record in order, at a start from the scan and later as records become durable, so
// a checkpoint never speaks of a record that a crash could take back.

import { assert } from '@cohesix/check';
import {
  type Checkpoint,
  type Ed25519Verify,
  equalHashes,
  formatCheckpoint,
  formatNote,
  formatNoteKey,
  type HashSource,
  hashSourceOfTiles,
  type NoteSigner,
  type Outcome,
  openCheckpoint,
  proveConsistency,
  proveInclusion,
  rootAt,
  signNote,
  type Tile,
  TileBuilder,
  type TreeHasher,
  tileLevels,
  unsignedNote,
} from '@cohesix/tlog';
import type { Refusal, Result } from '@cohesix/wire';
import { ok, refusal, refuse } from '@cohesix/wire';
import type { Disk } from '../disk.ts';
import { readCheckpoint, writeCheckpoint, writeKey } from './checkpoint-file.ts';
import { makeTreeHasher } from './sha256.ts';
import { TileStore } from './tile-store.ts';

/** What a log is made of. */
export interface TransparencyOptions {
  readonly disk: Disk;
  /** The directory of the journal. */
  readonly directory: string;
  /** Name of the log: first line of every checkpoint, and the name of its key. */
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly verify: Ed25519Verify;
}

/** A tree to go on from: how large it is, and its tiles that are not full. */
export interface TreeState {
  /** Records in it. */
  readonly size: number;
  /** Hashes of its partial tiles, by level. */
  readonly partial: ReadonlyMap<number, Uint8Array>;
}

/** A checkpoint as it is stored and served: the signed note. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

export class TransparencyLog {
  readonly #options: TransparencyOptions;
  readonly #hasher: TreeHasher = makeTreeHasher();
  readonly #tiles: TileStore;
  #builder: TileBuilder;
  /** What the last process signed, until the records have been seen to agree. */
  #expected: Checkpoint | undefined;
  #latest: SignedCheckpoint | undefined;
  /** Whether this process has put its verifier key beside the checkpoint. */
  #hasKey = false;
  #signing: Promise<Result<void>> | undefined;

  private constructor(options: TransparencyOptions) {
    this.#options = options;
    this.#tiles = new TileStore(options.disk, options.directory);
    this.#builder = new TileBuilder(this.#hasher, (run) => this.#tiles.add(run));
  }

  /** Reads the stored checkpoint. Refuses with `audit-unavailable` when it cannot be read or this log did not sign it. */
  static async open(options: TransparencyOptions): Promise<Result<TransparencyLog>> {
    const log = new TransparencyLog(options);
    const stored = await readCheckpoint(options.disk, options.directory);
    if (!stored.ok) return stored;
    if (stored.value === undefined) return ok(log);
    const { origin, signer, verify } = options;
    const opened = openCheckpoint(stored.value, { origin, logKeys: [signer.key], cosigners: [] }, verify);
    if (!opened.ok) return tampering(`the checkpoint is not one that this hive signed: ${opened.problem}`);
    const { checkpoint } = opened.value;
    log.#latest = { ...checkpoint, note: Buffer.from(stored.value).toString() };
    log.#expected = checkpoint.size === 0 ? undefined : checkpoint;
    return ok(log);
  }

  /**
   * Goes on from a tree instead of the empty one; before the first `add`. False, and nothing is changed, when fewer
   * records were signed than it has (nothing could tell whether it is the right one), or a tile is missing.
   */
  async resume({ size, partial }: TreeState): Promise<boolean> {
    assert(this.size === 0, 'a log is resumed before it grows');
    if (this.#expected === undefined || this.#expected.size < size) return false;
    if (!(await this.#tiles.hasAll(size))) return false;
    const tiles = ({ level }: Tile): Uint8Array | undefined => partial.get(level);
    const resumed = TileBuilder.resume(this.#hasher, (run) => this.#tiles.add(run), { size, tiles });
    if (!resumed.ok) return false;
    for (const { level, fullCount } of tileLevels(size)) {
      const hashes = partial.get(level);
      if (hashes !== undefined) this.#tiles.add({ level, index: fullCount, start: 0, hashes });
    }
    this.#builder = resumed.value;
    return this.#agrees() === undefined;
  }

  /** What `resume` needs to go on from here. Copies. */
  state(): TreeState {
    this.#builder.flush();
    const partial = new Map<number, Uint8Array>();
    for (const { level, fullCount, partialWidth: width } of tileLevels(this.size)) {
      if (width === 0) continue;
      const hashes = this.#tiles.read({ kind: 'tile', level, index: fullCount, width });
      assert(hashes !== undefined, 'a tile that is not full is in memory');
      partial.set(level, hashes.slice());
    }
    return { size: this.size, partial };
  }

  /** Records in the tree. */
  get size(): number {
    return this.#builder.size;
  }

  /** The last signed checkpoint; undefined before the first. */
  get latest(): SignedCheckpoint | undefined {
    return this.#latest;
  }

  /** Appends the body of the next durable record. A refusal: the records so far are not those that were signed. */
  add(body: Uint8Array): Refusal | undefined {
    this.#builder.append(this.#hasher.leaf(body));
    return this.#agrees();
  }

  /** Compares the root with the signed one when there are as many records. */
  #agrees(): Refusal | undefined {
    const expected = this.#expected;
    if (expected === undefined || expected.size !== this.size) return undefined;
    this.#expected = undefined;
    if (equalHashes(this.#builder.root(), expected.root)) return undefined;
    return tampering(`records 1 to ${expected.size} are not those that were signed`).refusal;
  }

  /** To be asked after the last stored record: are there as many as were signed? */
  complete(): Result<void> {
    if (this.#expected === undefined) return ok(undefined);
    return tampering(`${this.#expected.size} records were signed and only ${this.size} are here`);
  }

  /** Signs and stores a checkpoint of everything added, if that is more than the last one has. One at a time. */
  async sign(): Promise<Result<void>> {
    // One that is under way may have begun before the last records came.
    await this.#signing;
    this.#signing ??= this.#sign().finally(() => {
      this.#signing = undefined;
    });
    return this.#signing;
  }

  async #sign(): Promise<Result<void>> {
    const { disk, directory, origin, signer } = this.#options;
    if (this.#latest?.size === this.size) return ok(undefined);
    this.#builder.flush();
    const checkpoint: Checkpoint = { origin, size: this.size, root: this.#builder.root().slice(), extensions: [] };
    const note = signedText(checkpoint, signer);
    const tiles = await this.#tiles.flush();
    if (!tiles.ok) return tiles;
    if (!this.#hasKey) {
      const key = await writeKey(disk, directory, formatNoteKey(signer.key));
      if (!key.ok) return key;
      this.#hasKey = true;
    }
    const stored = await writeCheckpoint(disk, directory, Buffer.from(note));
    if (stored.ok) this.#latest = { ...checkpoint, note };
    return stored;
  }

  /** Makes everything signed durable, the tiles as well: from now on they need not be made again from the records. */
  async hold(): Promise<Result<void>> {
    const signed = await this.sign();
    return signed.ok ? this.#tiles.sync() : signed;
  }

  /** Hashes of a tile of the last signed tree or a larger one; undefined when there is no such tile. */
  tile(tile: Tile): Uint8Array | undefined {
    return this.#tiles.read(tile);
  }

  /** The audit path of record `seq` in the tree of `size` records. */
  inclusion(seq: number, size: number): Result<readonly Uint8Array[]> {
    return this.#fromTiles(size, (source) => proveInclusion(this.#hasher, source, { index: seq - 1, size }));
  }

  /** The root that the tree had at `size` records. */
  rootAt(size: number): Result<Uint8Array> {
    return this.#fromTiles(size, (source) => rootAt(this.#hasher, source, size));
  }

  /** The proof that the tree of `second` records is the one of `first` records with more at the end. */
  consistency(first: number, second: number): Result<readonly Uint8Array[]> {
    return this.#fromTiles(second, (source) => proveConsistency(this.#hasher, source, { first, second }));
  }

  #fromTiles<T>(size: number, compute: (source: HashSource) => Outcome<T>): Result<T> {
    if (!(size <= this.size)) return refuse('not-found', `The log has ${this.size} records, not ${size}.`);
    this.#builder.flush();
    const found = compute(hashSourceOfTiles(this.#hasher, (tile) => this.#tiles.read(tile), size));
    return found.ok ? ok(found.value) : refuse('invalid-payload', found.problem);
  }
}

/** The note of a checkpoint, signed. What cannot be signed is a programmer error: the origin was checked with the key. */
function signedText(checkpoint: Checkpoint, signer: NoteSigner): string {
  const text = formatCheckpoint(checkpoint);
  assert(text.ok, 'a checkpoint of this log can be written');
  const unsigned = unsignedNote(text.value);
  assert(unsigned.ok, 'a checkpoint is the text of a note');
  const signed = signNote(unsigned.value, signer);
  assert(signed.ok, 'a note without signatures takes one');
  return formatNote(signed.value);
}

function tampering(reason: string): { readonly ok: false; readonly refusal: Refusal } {
  const advice = 'The journal was changed, cut or rolled back; restore it from a backup.';
  return { ok: false, refusal: refusal('audit-unavailable', `tampering: ${reason}. ${advice}`) };
}
