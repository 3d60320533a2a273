// Watches one direction of a 9P connection: bytes in whatever pieces they pass, whole messages out.

import { create9pSplitter, type FrameSplitter } from '@cohesix/wire';

/** Largest message that any 9P connection of a hive may have: the largest msize of a manifest. */
const MESSAGE_BYTES_MAX: number = 1 << 20;

/** A message that ended within the bytes that passed. */
export interface PassedFrame {
  /** The whole message, a copy. */
  readonly frame: Uint8Array;
  /** Offset after its last byte, in the bytes that were fed. */
  readonly end: number;
}

/** Finds the messages of a byte stream. One for each direction of a connection. */
export class FrameTap {
  readonly #splitter: FrameSplitter = create9pSplitter(MESSAGE_BYTES_MAX);
  /** Bytes of the message that has begun. */
  #begun = 0;
  /** Whether something passed that is no message; then nothing more is found. */
  isBroken = false;

  /** The messages that end in these bytes. */
  feed(bytes: Uint8Array): readonly PassedFrame[] {
    if (this.isBroken) return [];
    const splitter = this.#splitter;
    const passed: PassedFrame[] = [];
    let end = -this.#begun;
    splitter.push(bytes);
    let step = splitter.next();
    for (; step === 'frame'; step = splitter.next()) {
      end += splitter.end - splitter.start;
      passed.push({ frame: splitter.bytes.slice(splitter.start, splitter.end), end });
    }
    this.#begun = bytes.length - end;
    this.isBroken = step !== 'more';
    return passed;
  }
}
