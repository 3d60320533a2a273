// A blob that is being written: bytes in order, hashed as they come. Its file is named by how much of it is surely on the disk:
//
//   staging/<name>.<synced>     name: hex of the SHA-256 it shall have; synced: bytes that a sync has vouched for
//
// After a power cut the file is cut to `synced` and written on from there: what lies behind may be anything. A rename moves the
// mark, so there is no second file that could disagree. Pieces are gathered in memory and written together.

import { toHex } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import type { Sha256Stream } from '../crypto-port.ts';
import type { AtMost } from './at-most.ts';
import type { BufferPool } from './buffer-pool.ts';
import { Gather } from './gather.ts';
import { readThrough, type StoreDisk, type StoreFile, writeAllOf } from './store-disk.ts';

/** Where blobs are written, and with what. */
export interface StagingPlace {
  readonly disk: StoreDisk;
  readonly directory: string;
  readonly sha256Stream: () => Sha256Stream;
  readonly syncEveryBytes: number;
  readonly gathers: BufferPool;
  readonly syncs: AtMost;
}

const NAME = /^([0-9a-f]{64})\.(\d{1,15})$/;

/** The name and the synced bytes in the name of a staging file; undefined for another file. */
export function parseStagingName(file: string): { readonly name: string; readonly synced: number } | undefined {
  const [, name, synced] = NAME.exec(file) ?? [];
  return name === undefined ? undefined : { name, synced: Number(synced) };
}

/** The name of a staging file. */
export function stagingName(name: string, synced: number): string {
  return `${name}.${synced}`;
}

/** An open blob. All methods reject with what the disk rejects with; the caller then gives it up with `discard`. */
export class StagedBlob {
  readonly name: string;
  readonly #place: StagingPlace;
  readonly #file: StoreFile;
  readonly #hash: Sha256Stream;
  readonly #gather: Gather;
  /** Bytes so far, those that are gathered included. */
  #size = 0;
  /** Bytes in the file. */
  #written = 0;
  #synced: number;

  private constructor(name: string, place: StagingPlace, at: { readonly file: StoreFile; readonly synced: number }) {
    this.name = name;
    this.#place = place;
    this.#file = at.file;
    this.#hash = place.sha256Stream();
    this.#gather = new Gather(place.gathers);
    this.#synced = at.synced;
  }

  /** Starts one. */
  static async create(name: string, place: StagingPlace): Promise<StagedBlob> {
    const file = await place.disk.open(`${place.directory}/${stagingName(name, 0)}`, 'create');
    return new StagedBlob(name, place, { file, synced: 0 });
  }

  /** Goes on with one that was left; undefined when its file is shorter than its name says. */
  static async resume(name: string, place: StagingPlace, synced: number): Promise<StagedBlob | undefined> {
    const file = await place.disk.open(`${place.directory}/${stagingName(name, synced)}`, 'write');
    const blob = new StagedBlob(name, place, { file, synced });
    try {
      blob.#size = await readThrough(file, synced, (piece) => blob.#hash.update(piece));
      blob.#written = blob.#size;
      if (blob.#size === synced) {
        await file.truncate(synced);
        return blob;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
    return undefined;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that survive a power cut. */
  get synced(): number {
    return this.#synced;
  }

  get path(): string {
    return `${this.#place.directory}/${stagingName(this.name, this.#synced)}`;
  }

  /** Appends `bytes`, borrowed for the call; syncs now and then. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#place.gathers.bytes === 0) await this.#write(bytes);
    else
      for (let done = 0; done < bytes.length; ) {
        done += this.#gather.add(bytes.subarray(done));
        if (this.#gather.isFull) await this.#flush();
      }
    this.#size += bytes.length;
    if (this.#size - this.#synced >= this.#place.syncEveryBytes) await this.#mark();
  }

  /** The hash of the bytes so far, in hex; writing may go on. */
  get hash(): string {
    const hash = this.#hash.copy();
    hash.update(this.#gather.view());
    return toHex(hash.digest());
  }

  /** Ends the writing: closes the file, durable when it has the right hash. Answers the hash it has, in hex. */
  async finish(): Promise<string> {
    await this.#flush();
    const actual = toHex(this.#hash.digest());
    if (actual === this.name) await this.#sync();
    await this.#file.close();
    return actual;
  }

  /** Closes the file and leaves it; what was gathered goes, as does what no sync has vouched for. */
  async close(): Promise<void> {
    this.#gather.drop();
    await this.#file.close();
  }

  /** Closes and removes the file, as far as the disk allows. */
  async discard(): Promise<void> {
    this.#gather.drop();
    await this.#file.close().catch(() => undefined);
    await this.#place.disk.unlink(this.path).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    if (this.#gather.count === 0) return;
    await this.#write(this.#gather.view());
    this.#gather.drop();
  }

  #sync(): Promise<void> {
    return this.#place.syncs.run(() => this.#file.datasync());
  }

  /** Writes behind what is in the file. */
  async #write(bytes: Uint8Array): Promise<void> {
    await writeAllOf(this.#file, bytes, this.#written);
    this.#hash.update(bytes);
    this.#written += bytes.length;
  }

  async #mark(): Promise<void> {
    await this.#flush();
    await this.#sync();
    const before = this.path;
    assert(this.#size > this.#synced, 'a mark moves forward');
    const { disk, directory } = this.#place;
    await disk.rename(before, `${directory}/${stagingName(this.name, this.#size)}`);
    this.#synced = this.#size;
    await disk.syncDirectory(directory);
  }
}
