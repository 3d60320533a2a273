// Between the SDK, which writes to a stream whether or not somebody reads it, and the reply, which is written as the caller
// reads: a queue with a bound. A caller who does not read loses the stream, not the gateway its memory.

/** The pieces of a web stream; ends with it, or with an error when more than `waitingMax` wait. `done` is called once, at its end. */
export class EventQueue implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #waitingMax: number;
  readonly #done: () => void;
  readonly #waiting: Uint8Array[] = [];
  #wake: () => void = () => {};
  #isEnded = false;
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array>, waitingMax: number, done: () => void) {
    this.#reader = body.getReader();
    this.#waitingMax = waitingMax;
    this.#done = done;
    void this.#fill();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) return { done: false, value: piece };
      if (this.#isOver) throw new Error('The caller did not read its events.');
      if (this.#isEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#waiting.length = 0;
    this.#end();
    await this.#reader.cancel().catch(() => {});
    return { done: true, value: undefined };
  }

  async #fill(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done || this.#isEnded) break;
        if (this.#waiting.length >= this.#waitingMax) {
          this.#isOver = true;
          this.#waiting.length = 0;
          await this.#reader.cancel();
          break;
        }
        this.#waiting.push(value);
        this.#wake();
      }
    } catch {
      this.#isOver = true; // The source failed: what was sent is not all.
    }
    this.#end();
  }

  #end(): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#done();
    }
    this.#wake();
  }
}
