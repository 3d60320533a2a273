// `/proc/ingest/watch`: a stream whose lines are made only for readers. Opening it takes a line; while somebody waits at its
// end, a timer does. A line is taken only when it says something new, and never sooner than the interval after the last.

import type { Ring } from '@cohesix/telemetry';
import { type Cancel, every, type Timers } from '@cohesix/time';
import { HeardRing } from './heard-ring.ts';
import { LineRing } from './line-ring.ts';

/** What a watch is made from. */
export interface WatchPorts {
  readonly timers: Timers;
  /** Wall time, ms. */
  readonly now: () => number;
  readonly linesMax: number;
  /** Least time between two lines, ms. */
  readonly intervalMs: number;
  /** What is measured now; a line says it behind its time. */
  readonly text: () => string;
}

/** Longest line: each of its eight numbers has at most 16 digits. */
const LINE_BYTES_MAX = 256;

export class IngestWatch {
  readonly #ports: WatchPorts;
  readonly #ring: HeardRing;
  readonly #lines: LineRing;
  #lastText = '';
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: Cancel | undefined;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
    this.#ring = new HeardRing({ capacity: ports.linesMax * LINE_BYTES_MAX }, () => this.#watched());
    this.#lines = new LineRing(this.#ring, ports.linesMax);
  }

  /** The stream, for somebody who opens it. */
  opened(): Ring {
    this.#take();
    return this.#ring;
  }

  /** Somebody waits: look at every interval, until nobody does. */
  #watched(): void {
    this.#timer ??= every(this.#ports.timers, this.#ports.intervalMs, () => {
      if (this.#ring.listenerCount > 0) return this.#take();
      this.#timer?.();
      this.#timer = undefined;
    });
  }

  #take(): void {
    const { timers, intervalMs, now, text } = this.#ports;
    const nowMs = timers.nowMs();
    if (nowMs - this.#lastMs < intervalMs) return;
    const measured = text();
    if (measured === this.#lastText) return;
    this.#lastText = measured;
    this.#lastMs = nowMs;
    this.#lines.append(`watch ts_ms=${now()} ${measured}`);
  }
}
