// Whether a stream that is taken up again is the one that was cut. Cursors of telemetry never come twice, but those of other
// streams begin at 0 with each start of a hive: the same cursor may then lie in other lines. So the last line that was heard
// is asked for once more, and must be the same.

import type { StreamEvent } from './event-stream.ts';

/** Longest line that is kept to compare. */
const LINE_BYTES_MAX = 4096;

const LF = 0x0a;

/** What the first events after a cut say: `more` are needed; the stream goes on; it began anew; it lost what was to be compared. */
export type Compared = 'more' | 'same' | 'anew' | 'lost';

/** The last line heard, and the comparison with it. */
export class Overlap {
  #last: Uint8Array = new Uint8Array(0);
  #expected: Uint8Array = new Uint8Array(0);

  /** Keeps the last line of what was heard. */
  heard(bytes: Uint8Array): void {
    const begin = bytes.lastIndexOf(LF, bytes.length - 2) + 1;
    const isLine = bytes.at(-1) === LF && bytes.length - begin <= LINE_BYTES_MAX;
    this.#last = isLine ? bytes.slice(begin) : new Uint8Array(0);
  }

  /** From now on events are compared; the value is how many bytes before the cursor they must begin. */
  begin(): number {
    this.#expected = this.#last;
    return this.#expected.length;
  }

  /** Nothing is compared any more. */
  end(): void {
    this.#expected = new Uint8Array(0);
  }

  get isComparing(): boolean {
    return this.#expected.length > 0;
  }

  /** Compares the bytes of an event, which has them. */
  compare({ name }: StreamEvent, bytes: Uint8Array): Compared {
    if (name === 'gap') return 'lost';
    const isSame = bytes.length <= this.#expected.length && bytes.every((byte, at) => byte === this.#expected[at]);
    if (!isSame) return 'anew';
    this.#expected = this.#expected.subarray(bytes.length);
    return this.#expected.length === 0 ? 'same' : 'more';
  }
}
