// Output buffers shared by all connections of a server, so that an idle connection holds none that grew large.

import { ByteWriter } from '@cohesix/bytes';

/** Writers kept for reuse; more are left to the garbage collector. */
const KEPT_MAX = 64;
/** A writer that grew beyond this is not kept. */
const KEPT_BYTES_MAX = 262_144;
const START_BYTES = 1024;

export class WriterPool {
  readonly #free: ByteWriter[] = [];
  readonly #sizeMax: number;

  /** `sizeMax`: bytes one buffer may hold; at least a flush threshold plus one message. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  take(): ByteWriter {
    return this.#free.pop() ?? new ByteWriter({ sizeStart: START_BYTES, sizeMax: this.#sizeMax });
  }

  give(writer: ByteWriter): void {
    if (this.#free.length >= KEPT_MAX || writer.bytes.length > KEPT_BYTES_MAX) return;
    writer.reset();
    this.#free.push(writer);
  }
}
