// Output buffers shared by all connections of a server, so that an idle connection holds none that grew large.

import { ByteWriter } from '@cohesix/bytes';
import type { Manifest } from '@cohesix/manifest';
import { PiecePool } from './piece-pool.ts';

/** Writers kept for reuse; more are left to the garbage collector. */
const KEPT_MAX = 64;
/** Bytes of all that are kept: large messages grow their writers, and growing one for each costs more than sending it. */
const KEPT_BYTES_MAX: number = 16 << 20;
const START_BYTES = 1024;

export class WriterPool {
  /** For what clients write into stores. */
  readonly pieces: PiecePool = new PiecePool();
  readonly #free: ByteWriter[] = [];
  #freeBytes = 0;
  readonly #sizeMax: number;

  /** `sizeMax`: bytes one buffer may hold; at least a flush threshold plus one message. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  take(): ByteWriter {
    const last = this.#free.pop();
    this.#freeBytes -= last?.bytes.length ?? 0;
    return last ?? new ByteWriter({ sizeStart: START_BYTES, sizeMax: this.#sizeMax });
  }

  give(writer: ByteWriter): void {
    const { length } = writer.bytes;
    if (this.#free.length >= KEPT_MAX || this.#freeBytes + length > KEPT_BYTES_MAX) return;
    writer.reset();
    this.#free.push(writer);
    this.#freeBytes += length;
  }
}

/** Bytes of answers that one flush of a connection gathers at most, before the last message of it. */
const GATHERED_BYTES_MAX = 2 * 65_536;
/** What one waiting request adds at most to an answer that ends many: an Rlerror of 11 bytes, or an Rflush of 7. */
const SETTLED_BYTES = 11;

/** A pool whose buffers hold whatever a 9P connection of this hive writes in one go. */
export function ninepWriterPool({ secure9p }: Manifest): WriterPool {
  return new WriterPool(secure9p.msize * 2 + GATHERED_BYTES_MAX + secure9p.tags_per_session * SETTLED_BYTES);
}
