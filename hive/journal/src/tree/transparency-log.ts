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
  hashSourceOfTiles,
  type NoteSigner,
  openCheckpoint,
  proveConsistency,
  proveInclusion,
  signNote,
  type Tile,
  TileBuilder,
  type TreeHasher,
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

/** A checkpoint as it is stored and served: the signed note. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

export class TransparencyLog {
  readonly #options: TransparencyOptions;
  readonly #hasher: TreeHasher = makeTreeHasher();
  readonly #tiles: TileStore;
  readonly #builder: TileBuilder;
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
  sign(): Promise<Result<void>> {
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

  /** Hashes of a tile of the last signed tree or a larger one; undefined when there is no such tile. */
  tile(tile: Tile): Uint8Array | undefined {
    return this.#tiles.read(tile);
  }

  /** The audit path of record `seq` in the tree of `size` records. */
  inclusion(seq: number, size: number): Result<readonly Uint8Array[]> {
    return this.#proof(size, (source) => proveInclusion(this.#hasher, source, { index: seq - 1, size }));
  }

  /** The proof that the tree of `second` records is the one of `first` records with more at the end. */
  consistency(first: number, second: number): Result<readonly Uint8Array[]> {
    return this.#proof(second, (source) => proveConsistency(this.#hasher, source, { first, second }));
  }

  #proof(
    size: number,
    prove: (source: ReturnType<typeof hashSourceOfTiles>) => ReturnType<typeof proveInclusion>,
  ): Result<readonly Uint8Array[]> {
    if (!(size <= this.size)) return refuse('not-found', `The log has ${this.size} records, not ${size}.`);
    this.#builder.flush();
    const found = prove(hashSourceOfTiles(this.#hasher, (tile) => this.#tiles.read(tile), size));
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
