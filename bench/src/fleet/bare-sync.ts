// What the disk itself takes: one small write and one fdatasync of a bare file, at the same moments and on the same file system.
// Where that is slow, whatever waits for a sync is slow too.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Spread, Tally } from './spread.ts';

/** About a journal record. */
const BYTES = Buffer.alloc(600, 'x');

/** A file that is synced now and then. */
export class BareSync {
  readonly #tally = new Tally();
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes the file in a folder, with whose end it ends. */
  static async open(folder: string): Promise<BareSync> {
    return new BareSync(await open(join(folder, 'bare-sync'), 'a'));
  }

  /** Appends and syncs once. */
  async once(): Promise<void> {
    const begin = performance.now();
    await this.#file.write(BYTES);
    await this.#file.datasync();
    this.#tally.add(performance.now() - begin);
  }

  /** Ends it. Value: all syncs. */
  async close(): Promise<Spread> {
    await this.#file.close();
    return this.#tally.spread();
  }
}
