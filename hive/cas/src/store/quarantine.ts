// Bad bytes, kept to look at: whoever sent them, or a disk, made something that is not what its name says. Bounded in number
// and size; the oldest goes. Nothing here is ever read by the store again.
//
// file:  quarantine/<8 digits>-<expected>-<actual>-<bytes>   hex of SHA-256; bytes before the file was cut to its bound

import type { CasLimits } from '../limits.ts';
import { type StoreDisk, withFile } from './store-disk.ts';

/** What was put aside. */
export interface Quarantined {
  /** The name it should have had: hex of a SHA-256. */
  readonly expected: string;
  /** Hex of the SHA-256 it has. */
  readonly actual: string;
  readonly bytes: number;
}

interface Kept extends Quarantined {
  readonly file: string;
}

const NAME = /^(\d{8})-([0-9a-f]{64})-([0-9a-f]{64})-(\d{1,15})$/;

/** The folder of bad bytes. */
export class Quarantine {
  readonly #disk: StoreDisk;
  readonly #directory: string;
  readonly #limits: CasLimits;
  readonly #kept: Kept[] = [];
  #next = 1;

  constructor(disk: StoreDisk, directory: string, limits: CasLimits) {
    this.#disk = disk;
    this.#directory = directory;
    this.#limits = limits;
  }

  /** What is kept, the oldest first. */
  get entries(): readonly Quarantined[] {
    return this.#kept.map(({ expected, actual, bytes }) => ({ expected, actual, bytes }));
  }

  /** Reads the folder; rejects with what the disk rejects with. */
  async load(): Promise<void> {
    for (const file of [...(await this.#disk.readdir(this.#directory))].sort()) {
      const [, number, expected = '', actual = '', bytes] = NAME.exec(file) ?? [];
      if (number === undefined) continue;
      this.#kept.push({ file, expected, actual, bytes: Number(bytes) });
      this.#next = Math.max(this.#next, Number(number) + 1);
    }
    await this.#trim();
  }

  /** Moves the file at `path` here; rejects with what the disk rejects with. */
  async add(path: string, entry: Quarantined): Promise<void> {
    const { expected, actual, bytes } = entry;
    const { quarantineBytesMax } = this.#limits;
    const file = `${String(this.#next).padStart(8, '0')}-${expected}-${actual}-${bytes}`;
    this.#next += 1;
    if (bytes > quarantineBytesMax)
      await withFile(await this.#disk.open(path, 'write'), (opened) => opened.truncate(quarantineBytesMax));
    await this.#disk.rename(path, `${this.#directory}/${file}`);
    this.#kept.push({ ...entry, file });
    await this.#trim();
  }

  async #trim(): Promise<void> {
    while (this.#kept.length > this.#limits.quarantineMax) {
      const oldest = this.#kept.shift();
      if (oldest !== undefined) await this.#disk.unlink(`${this.#directory}/${oldest.file}`);
    }
  }
}
