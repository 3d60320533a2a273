// The bytes of LoRA jobs on disk: small files named by the SHA-256 of what is in them, in `<data>/lora_jobs`. A file is there
// whole and durable or not at all, so which job has which files can be a line in the journal and nothing else.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { attempt, type Disk, replaceFile } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';

const NAME = /^[0-9a-f]{64}$/;

/** Open files by content. */
export class LoraStore {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Hashes of what is there whole. */
  readonly #names: Set<string>;
  /** Writes and removals happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk, directory: string, names: Iterable<string>) {
    this.#disk = disk;
    this.#directory = directory;
    this.#names = new Set(names);
  }

  /** Opens the folder, which is made when missing. `audit-unavailable`: the disk, with its reason. */
  static open(disk: Disk, directory: string): Promise<Result<LoraStore>> {
    return attempt(`cannot open ${directory}`, async () => {
      await disk.mkdir(directory);
      const found = await disk.readdir(directory);
      // What a crash left half written has another name, and goes with the next collection.
      return new LoraStore(
        disk,
        directory,
        found.filter((name) => NAME.test(name)),
      );
    });
  }

  /** Whether content is there. */
  has(sha256: string): boolean {
    return this.#names.has(sha256);
  }

  /** Keeps content, durably; its hash. */
  put(bytes: Uint8Array): Promise<Result<string>> {
    const name = sha256Of(bytes);
    return this.#inTurn(async () => {
      if (this.#names.has(name)) return ok(name);
      const written = await replaceFile(this.#disk, this.#directory, { name, bytes });
      if (!written.ok) return refuse('internal', written.refusal.detail);
      this.#names.add(name);
      return ok(name);
    });
  }

  /** Content by its hash. `not-found`: it is not there; `internal`: the disk gave other bytes, or none. */
  async get(sha256: string, bytes: number): Promise<Result<Uint8Array>> {
    if (!this.#names.has(sha256)) return refuse('not-found', `No content ${sha256}.`);
    const read = await attempt(`cannot read ${sha256}`, () =>
      readAll(this.#disk, join(this.#directory, sha256), bytes),
    );
    if (!read.ok) return refuse('internal', read.refusal.detail);
    return sha256Of(read.value) === sha256 ? read : refuse('internal', `The content ${sha256} is damaged on disk.`);
  }

  /** Removes all but what is wanted at that time; how many files went. */
  collect(isWanted: (sha256: string) => boolean): Promise<Result<number>> {
    return this.#inTurn(() =>
      attempt(`cannot tidy ${this.#directory}`, async () => {
        let count = 0;
        for (const name of await this.#disk.readdir(this.#directory)) {
          if (NAME.test(name) && isWanted(name)) continue;
          this.#names.delete(name);
          await this.#disk.unlink(join(this.#directory, name));
          count += 1;
        }
        return count;
      }),
    );
  }

  /** When everything that was begun is over. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** SHA-256 of bytes, hex. */
function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readAll(disk: Disk, path: string, size: number): Promise<Uint8Array> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(size);
    let done = 0;
    for (let count = -1; count !== 0 && done < size; done += count) count = await file.read(bytes.subarray(done), done);
    return bytes.subarray(0, done);
  } finally {
    await file.close();
  }
}
