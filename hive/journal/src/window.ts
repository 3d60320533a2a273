// A moving window over a file, so that a segment is verified without holding it whole.
//
// `peek` is synchronous and answers when the bytes are here; `load` brings them. A caller peeks first, so that it
// awaits once per window and not once per record. Views are borrowed: the next load overwrites them.

import type { DiskFile } from './disk.ts';

const WINDOW_SIZE = 1024 * 1024;

/** Bounded reading of one file of a size known beforehand. */
export class Window {
  readonly size: number;
  readonly #file: DiskFile;
  #buffer: Buffer;
  #start = 0;
  #end = 0;

  constructor(file: DiskFile, size: number) {
    this.#file = file;
    this.size = size;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(WINDOW_SIZE, Math.max(size, 1)));
  }

  /** Bytes [at, at + count) as a view, or undefined when they are not loaded. */
  peek(at: number, count: number): Buffer | undefined {
    if (at < this.#start || at + count > this.#end) return undefined;
    return this.#buffer.subarray(at - this.#start, at - this.#start + count);
  }

  /** The same, reading as needed; undefined when the file ends before. Rejects as the disk does. */
  async load(at: number, count: number): Promise<Buffer | undefined> {
    if (at + count > this.size) return undefined;
    const loaded = this.peek(at, count);
    if (loaded !== undefined) return loaded;
    if (count > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(count);
    this.#start = at;
    this.#end = at;
    await this.#fill(Math.min(this.size, at + this.#buffer.length));
    return this.peek(at, count);
  }

  async #fill(end: number): Promise<void> {
    while (this.#end < end) {
      const from = this.#end - this.#start;
      const count = await this.#file.read(this.#buffer.subarray(from, end - this.#start), this.#end);
      if (count === 0) return;
      this.#end += count;
    }
  }
}
