// The records of one file, made as they are needed and kept: what is compared with what a hive has, and sent from where that ends.

/** Records in their order; made once, read as often as a connection breaks. */
export class RecordSource {
  readonly #made: string[] = [];
  readonly #rest: AsyncIterator<string, void>;
  #isMade = false;

  constructor(records: AsyncIterable<string>) {
    this.#rest = records[Symbol.asyncIterator]() as AsyncIterator<string, void>;
  }

  /** Records so far. */
  get made(): readonly string[] {
    return this.#made;
  }

  /** The record at `index`; undefined behind the last. */
  async at(index: number): Promise<string | undefined> {
    while (this.#made.length <= index && !this.#isMade) {
      const next = await this.#rest.next();
      if (next.done === true) this.#isMade = true;
      else this.#made.push(next.value);
    }
    return this.#made[index];
  }

  /** Whether the first records are exactly these. */
  async beginsWith(lines: readonly string[]): Promise<boolean> {
    for (const [index, line] of lines.entries()) if ((await this.at(index)) !== line) return false;
    return true;
  }

  /** The bytes from a record on, each record with its LF. */
  async *bytesFrom(index: number): AsyncGenerator<Uint8Array, void, void> {
    for (let at = index; ; at++) {
      const line = await this.at(at);
      if (line === undefined) return;
      yield Buffer.from(`${line}\n`);
    }
  }

  /** Makes all of them. Value: their text, as a segment has it. */
  async text(): Promise<string> {
    for (let at = this.#made.length; (await this.at(at)) !== undefined; at++);
    return this.#made.map((line) => `${line}\n`).join('');
  }

  /** Ends the making. */
  async close(): Promise<void> {
    await this.#rest.return?.();
  }
}
