// Frames of the load: telemetry-frame/v1 of one worker, all of one size, with the numbers counting up.

import { encodeFrame } from '@cohesix/telemetry';

/** Numbers from here on take five bytes, so that a frame is made by writing its number into a copy. */
export const FIRST_SEQ = 1_000_000;
/** Offset of the number: behind the head of the map, `seq` and the head of the number. */
const SEQ_AT = 6;
const EMITTED_MS = 1_795_291_456_686;

/** Makes sequences of frames of one worker. */
export class FrameMaker {
  readonly #frame: Uint8Array;
  #seq = FIRST_SEQ;

  constructor(worker: string) {
    const payload = { load: [0.42, 0.37, 0.31], temp: 41.7 };
    const fields = { worker_id: worker, role: 'worker-heartbeat', seq: FIRST_SEQ, emitted_ms: EMITTED_MS, payload };
    this.#frame = encodeFrame(fields);
  }

  /** The next frames, one after the other. */
  next(count: number): Uint8Array {
    const size = this.#frame.length;
    const bytes = new Uint8Array(size * count);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < count; index++) {
      bytes.set(this.#frame, index * size);
      view.setUint32(index * size + SEQ_AT, this.#seq++);
    }
    return bytes;
  }
}
