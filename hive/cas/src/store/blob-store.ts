// Bytes by their SHA-256. A blob comes in order, piece by piece, goes under its name once it is whole, right and durable, and
// never changes after that. Chunks of updates and weights of models are blobs.
//
//   blobs/<name>        whole; name: hex of SHA-256
//   staging/            being written (staged-blob.ts)        quarantine/   not what its name said (quarantine.ts)
//
// A power cut at any operation leaves a blob whole or absent: it is renamed after its bytes are synced. One process owns the
// directory. Operations on one blob come one after the other.

import { toHex } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { CasCrypto, Sha256Stream } from '../crypto-port.ts';
import { type CasLimits, isBlobName } from '../limits.ts';
import { AtMost } from './at-most.ts';
import { BlobReader } from './blob-reader.ts';
import { BufferPool } from './buffer-pool.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { Quarantine, type Quarantined } from './quarantine.ts';
import { openFolders, scanBlobs, scanStaging } from './scan-store.ts';
import { SharedSync } from './shared-sync.ts';
import type { StagedBlob } from './staged-blob.ts';
import { Staging } from './staging.ts';
import { onDisk, READ_BYTES, readThrough, type StoreDisk, withFile } from './store-disk.ts';

/** What a store works with. */
export interface StoreOptions {
  readonly disk: StoreDisk;
  /** Made when it is missing. */
  readonly directory: string;
  readonly crypto: Pick<CasCrypto, 'sha256Stream'>;
  readonly limits: CasLimits;
  /** Told of each blob that was not what its name said, for the hive's log. */
  readonly onQuarantine?: (entry: Quarantined) => void;
}

/** A piece of a blob. */
export interface Piece {
  /** Where it goes: the number of bytes before it; undefined: where the bytes end. */
  readonly offset: number | undefined;
  /** Borrowed until the promise settles. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole blob: it is committed when it has them, and no more are taken. */
  readonly size?: number;
  /** Most bytes of the whole blob, when `size` is not known; then `commit` ends it. */
  readonly sizeMax?: number;
}

/** What an append came to. */
export interface Appended {
  /** Where the next piece goes. */
  readonly next: number;
  readonly isCommitted: boolean;
}

/** What a collection removed. */
export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

/** Of the four threads that Node has for files, so many wait for syncs of blobs at most. */
const SYNCS_AT_ONCE = 3;

/** The store of blobs. Names are lower-case hex of SHA-256, checked by `isBlobName` before they come here. */
export class BlobStore {
  /** Memory that blobs are read into at the least cost. */
  readonly readBuffers: BufferPool;
  readonly #options: StoreOptions;
  readonly #quarantine: Quarantine;
  readonly #sizes: Map<string, number>;
  /** Bytes of whole blobs. */
  #wholeBytes: number;
  /** Bytes of pieces that are on their way to the disk. */
  #movingBytes = 0;
  readonly #staging: Staging;
  readonly #readers = new Map<string, number>();
  readonly #queue = new KeyedQueue();
  /** Makes the names in `blobs` durable. */
  readonly #names: SharedSync;
  #suspects: ReadonlySet<string> = new Set();

  private constructor(options: StoreOptions, quarantine: Quarantine, found: Found) {
    const { disk, directory, crypto, limits } = options;
    this.#options = options;
    this.#quarantine = quarantine;
    this.#names = new SharedSync(() => disk.syncDirectory(`${directory}/blobs`));
    this.#sizes = new Map(found.sizes);
    this.#wholeBytes = [...found.sizes.values()].reduce((sum, size) => sum + size, 0);
    const sha256Stream = (): Sha256Stream => crypto.sha256Stream();
    const { syncEveryBytes } = limits;
    const memory = disk.memory?.bind(disk);
    this.readBuffers = new BufferPool(READ_BYTES, memory);
    const gathers = new BufferPool(limits.gatherBytes, memory);
    const syncs = new AtMost(SYNCS_AT_ONCE);
    const place = { disk, directory: `${directory}/staging`, sha256Stream, syncEveryBytes, gathers, syncs };
    this.#staging = new Staging({ place, countMax: limits.stagedMax, queue: this.#queue, parked: found.parked });
  }

  /** Opens a directory: knows what is whole, goes on with what was being written, removes what a crash left half done. */
  static open(options: StoreOptions): Promise<Result<BlobStore>> {
    const { disk, directory, limits } = options;
    return onDisk('cannot open the store', async () => {
      await openFolders(disk, directory);
      const sizes = await scanBlobs(disk, `${directory}/blobs`);
      const parked = await scanStaging(disk, `${directory}/staging`, { sizes, countMax: limits.stagedMax });
      const quarantine = new Quarantine(disk, `${directory}/quarantine`, limits);
      await quarantine.load();
      return new BlobStore(options, quarantine, { sizes, parked });
    });
  }

  /** Bytes of a whole blob, or undefined. */
  sizeOf(name: string): number | undefined {
    return this.#sizes.get(name);
  }

  /** Where the next piece of a blob goes that is not whole: 0 for one nobody has begun. */
  nextOf(name: string): number {
    return this.#staging.nextOf(name);
  }

  /** Bytes of everything here but quarantine. */
  get usedBytes(): number {
    return this.#wholeBytes + this.#staging.bytes;
  }

  /** What was put aside, the oldest first. */
  get quarantined(): readonly Quarantined[] {
    return this.#quarantine.entries;
  }

  /**
   * Appends a piece. Refuses, with nothing changed, a piece in the wrong place (`stale`), past the size (`too-big`), of a blob that is
   * whole (`exists`), and over the store's bound (`buffer-full`); and with the blob gone, to be sent again, wrong bytes
   * (`invalid-payload`, quarantined) and a disk that failed.
   */
  append(name: string, piece: Piece): Promise<Result<Appended>> {
    assert(isBlobName(name), 'a blob is named by its hash');
    return this.#queue.run(name, () => this.#append(name, piece));
  }

  /** Ends a blob of unknown size. Refuses with `not-found` when nothing was written, else as `append`. */
  commit(name: string): Promise<Result<Appended>> {
    return this.#queue.run(name, async () => {
      if (this.#sizes.has(name)) return refuse('exists', `${name} is here already.`);
      const staged = await this.#staging.get(name, false);
      if (!staged.ok) return staged;
      return staged.value === undefined
        ? refuse('not-found', `Nothing of ${name} is here.`)
        : this.#commit(staged.value);
    });
  }

  /**
   * Ends a blob of unknown size if its bytes so far are right; else they stay and more may come. Refuses as `commit`. Value: where
   * the next piece goes, and whether it is whole now.
   */
  end(name: string): Promise<Result<Appended>> {
    return this.#queue.run(name, async () => {
      if (this.#sizes.has(name)) return refuse('exists', `${name} is here already.`);
      const staged = await this.#staging.get(name, false);
      if (!staged.ok) return staged;
      if (staged.value === undefined) return refuse('not-found', `Nothing of ${name} is here.`);
      if (staged.value.hash === name) return this.#commit(staged.value);
      return ok({ next: staged.value.size, isCommitted: false });
    });
  }

  /** Opens a whole blob to read. Refuses with `not-found`. */
  async open(name: string): Promise<Result<BlobReader>> {
    const size = this.#sizes.get(name);
    if (size === undefined) return refuse('not-found', `${name} is not here.`);
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    const release = (): void => this.#release(name);
    const file = await onDisk('cannot open a blob', () => this.#options.disk.open(this.#pathOf(name), 'read'));
    if (file.ok) return ok(new BlobReader(file.value, size, release));
    release();
    return file;
  }

  /** Reads a whole blob again. One that is no longer what its name says is put aside, and then it is not here. */
  verify(name: string): Promise<Result<boolean>> {
    return this.#queue.run(name, async () => {
      const size = this.#sizes.get(name);
      if (size === undefined) return refuse('not-found', `${name} is not here.`);
      return onDisk('cannot verify a blob', async () => {
        const actual = await this.#hashOf(name, size);
        if (actual === name) return true;
        this.#forget(name, size);
        if (actual === undefined) return false;
        await this.#putAside(this.#pathOf(name), { expected: name, actual, bytes: size });
        await this.#names.run();
        return false;
      });
    });
  }

  /**
   * Removes blobs that nobody needs: not reachable now nor at the collection before, and not being read. The second look spares what
   * is being pushed, of which the manifest comes last; `isForced` goes without it.
   */
  collect(isReachable: (name: string) => boolean, isForced = false): Promise<Result<Collected>> {
    return onDisk('cannot collect', async () => {
      const suspects = new Set<string>();
      const removed = { blobs: 0, bytes: 0 };
      for (const name of [...this.#sizes.keys()]) {
        const size = this.#sizes.get(name);
        if (size === undefined || isReachable(name) || this.#readers.has(name)) continue;
        if (isForced || this.#suspects.has(name)) {
          await this.#remove(name, size);
          removed.blobs += 1;
          removed.bytes += size;
        } else suspects.add(name);
      }
      this.#suspects = suspects;
      if (removed.blobs > 0) await this.#names.run();
      return removed;
    });
  }

  /** Gives up a blob that is being written. */
  abandon(name: string): Promise<void> {
    return this.#queue.run(name, () => this.#staging.abandon(name));
  }

  /** Closes what is open; what is being written can be gone on with after the next opening, from its last sync. */
  close(): Promise<void> {
    return this.#staging.close();
  }

  async #append(name: string, piece: Piece): Promise<Result<Appended>> {
    const problem = this.#pieceProblem(name, piece);
    if (problem !== undefined) return problem;
    this.#movingBytes += piece.bytes.length;
    const written = await this.#write(name, piece);
    this.#movingBytes -= piece.bytes.length;
    if (!written.ok) return written;
    const { size } = written.value;
    return size === piece.size ? this.#commit(written.value) : ok({ next: size, isCommitted: false });
  }

  async #write(name: string, { offset, bytes }: Piece): Promise<Result<StagedBlob>> {
    const opened = await this.#staging.get(name, true);
    if (!opened.ok) return opened;
    const staged = opened.value;
    assert(staged !== undefined, 'it was to be made');
    // What was parked may turn out to be shorter than its name said.
    if (offset !== undefined && staged.size !== offset)
      return refuse('stale', `The next byte of ${name} is ${staged.size}.`);
    const written = await onDisk('cannot write a blob', () => staged.append(bytes));
    if (written.ok) return ok(staged);
    await this.#staging.discard(staged);
    return written;
  }

  #pieceProblem(name: string, { offset, bytes, size, sizeMax }: Piece): Result<never> | undefined {
    const max = size ?? sizeMax ?? 0;
    const next = this.nextOf(name);
    if (this.#sizes.has(name)) return refuse('exists', `${name} is here already.`);
    if (offset !== undefined && offset !== next)
      return refuse('stale', `The next byte of ${name} is ${next}, not ${offset}.`);
    if (next + bytes.length > max)
      return refuse(
        'too-big',
        `${name} has at most ${max} bytes; ${next} are here, ${bytes.length} more are too many.`,
      );
    const used = this.usedBytes + this.#movingBytes;
    if (used + bytes.length > this.#options.limits.storeBytesMax)
      return refuse('buffer-full', `The store holds ${used} bytes; remove an update or a model first.`);
    return undefined;
  }

  async #commit(staged: StagedBlob): Promise<Result<Appended>> {
    const { name, size, path } = staged;
    const done = await onDisk('cannot commit a blob', async () => {
      const actual = await staged.finish();
      if (actual !== name) await this.#putAside(path, { expected: name, actual, bytes: size });
      else await this.#adopt(path, name);
      return actual;
    });
    if (!done.ok) {
      await this.#staging.discard(staged);
      return done;
    }
    this.#staging.release(staged);
    if (done.value !== name)
      return refuse('invalid-payload', `The bytes hash to ${done.value}, not ${name}; quarantined, send it again.`);
    this.#sizes.set(name, size);
    this.#wholeBytes += size;
    return ok({ next: size, isCommitted: true });
  }

  /** The hash that a blob's file has, in hex; undefined when somebody took it away. */
  async #hashOf(name: string, size: number): Promise<string | undefined> {
    const { disk, crypto } = this.#options;
    if ((await disk.lstat(this.#pathOf(name))) === undefined) return undefined;
    const hash = crypto.sha256Stream();
    const file = await disk.open(this.#pathOf(name), 'read');
    await withFile(file, () => readThrough(file, size, (piece) => hash.update(piece)));
    return toHex(hash.digest());
  }

  async #adopt(path: string, name: string): Promise<void> {
    const { disk } = this.#options;
    await disk.rename(path, this.#pathOf(name));
    await this.#names.run();
  }

  async #putAside(path: string, entry: Quarantined): Promise<void> {
    await this.#quarantine.add(path, entry);
    this.#options.onQuarantine?.(entry);
  }

  async #remove(name: string, size: number): Promise<void> {
    // Not here from this moment on; who wants to write it again waits for the unlink.
    this.#forget(name, size);
    await this.#queue.run(name, () => this.#options.disk.unlink(this.#pathOf(name)));
  }

  #forget(name: string, size: number): void {
    this.#sizes.delete(name);
    this.#wholeBytes -= size;
  }

  #release(name: string): void {
    const count = (this.#readers.get(name) ?? 0) - 1;
    if (count > 0) this.#readers.set(name, count);
    else this.#readers.delete(name);
  }

  #pathOf(name: string): string {
    return `${this.#options.directory}/blobs/${name}`;
  }
}

interface Found {
  readonly sizes: ReadonlyMap<string, number>;
  readonly parked: ReadonlyMap<string, number>;
}
