// A ring that retains so many lines, beside the bytes it may take: events and measures are bounded by their number. It is a
// wrapper, so that readers and followers see an ordinary ring.

import type { Ring } from '@cohesix/telemetry';

export class LineRing {
  readonly ring: Ring;
  readonly #linesMax: number;
  /** Cursors of the starts of the lines retained, oldest first. */
  readonly #starts: number[] = [];

  /** `ring`: empty, and appended to by nobody else. `linesMax`: at least 1. */
  constructor(ring: Ring, linesMax: number) {
    this.ring = ring;
    this.#linesMax = linesMax;
  }

  /** Appends one line (without LF); false when there is no room for it, and nothing changed but what was driven out. */
  append(line: string): boolean {
    const { ring } = this;
    const start = ring.end;
    if (this.#starts.length === this.#linesMax) ring.dropBefore(this.#starts[1] ?? start);
    const isKept = ring.append(Buffer.from(`${line}\n`)).ok;
    if (isKept) this.#starts.push(start);
    while ((this.#starts[0] ?? ring.base) < ring.base) this.#starts.shift();
    return isKept;
  }
}
