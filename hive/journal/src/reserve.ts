// Disk space set aside beside the segments, so that a hive on a full disk can still write why it takes no more changes. The
// file is written, not only made long: a file system promises nothing for a hole.

import { join } from 'node:path';
import type { Result } from '@cohesix/wire';
import { attempt, type Disk, writeAll } from './disk.ts';

const NAME = 'reserve';
const CHUNK_SIZE = 65_536;

export class Reserve {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #size: number;

  /** `size` in bytes; 0 sets nothing aside. */
  constructor(disk: Disk, directory: string, size: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#size = size;
  }

  /** Sets the space aside, if it is not. Refuses when there is not enough, and then leaves none taken. */
  async fill(): Promise<Result<void>> {
    const path = this.#path;
    const filled = await attempt(`cannot set ${this.#size} bytes aside in ${path}`, async () => {
      const there = await this.#disk.lstat(path);
      if (there?.size === this.#size || this.#size === 0) return;
      if (there !== undefined) await this.#disk.unlink(path);
      await this.#write(path);
    });
    if (!filled.ok) await this.release();
    return filled;
  }

  /** Gives the space back. */
  async release(): Promise<void> {
    await attempt('cannot give the reserve back', async () => {
      if ((await this.#disk.lstat(this.#path)) !== undefined) await this.#disk.unlink(this.#path);
    });
  }

  get #path(): string {
    return join(this.#directory, NAME);
  }

  async #write(path: string): Promise<void> {
    const file = await this.#disk.open(path, 'create');
    try {
      for (let at = 0; at < this.#size; at += CHUNK_SIZE)
        await writeAll(file, [new Uint8Array(Math.min(CHUNK_SIZE, this.#size - at))], at);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
