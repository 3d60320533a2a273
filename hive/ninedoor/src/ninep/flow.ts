// One direction of a link in memory: bytes handed from one owner to another, who may hold them up.

/** Where the bytes of one direction go. */
export interface FlowEnd {
  take(bytes: Uint8Array): void;
  /** Everything has been taken. */
  empty(): void;
}

/** One direction: bytes are handed over in a later microtask, one array after the other, while nobody has paused it. */
export class Flow {
  readonly #end: FlowEnd;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #isPaused = false;
  #isScheduled = false;

  constructor(end: FlowEnd) {
    this.#end = end;
  }

  /** Bytes not handed over yet. */
  get bytes(): number {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  drop(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isPaused) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    while (!this.#isPaused) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#bytes -= next.length;
      this.#end.take(next);
      if (this.#waiting.length === 0) this.#end.empty();
    }
  }
}
