// How appends fare: what `/proc/ingest` tells (contracts-1 4.3). A latency is the time from the call of an append at NineDoor until
// its answer: for a line of a control file until it is durable or refused, for telemetry and notes until it is in its ring.
//
// The last `latency_samples` are kept. Of appends to streams, which take microseconds and come in floods, one in sixteen is
// measured, so that they are neither slowed down by two looks at the clock nor push out the others.

import type { DoorPorts } from '@cohesix/ninedoor';

type Submit = DoorPorts['submit'];

const STREAM_APPENDS_A_SAMPLE = 16;

/** What the measures are made from. */
export interface IngestPorts {
  /** Monotonic time, ms. */
  readonly monotonicMs: () => number;
  /** How many latencies are kept, at least 1. */
  readonly samplesMax: number;
}

export class Ingest {
  readonly #ports: IngestPorts;
  /** The last latencies, ms; a circle once it is full. */
  readonly #samples: number[] = [];
  #sampleCount = 0;
  #streamAppends = 0;
  #queued = 0;

  constructor(ports: IngestPorts) {
    this.#ports = ports;
  }

  /** Appends to control files that wait for the journal now. */
  get queued(): number {
    return this.#queued;
  }

  /** A latency in whole ms that so many of 100 of the last appends stayed within; 0 when there was none. */
  percentileMs(percent: number): number {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const rank = Math.ceil((percent / 100) * sorted.length);
    return Math.round(sorted[Math.max(rank, 1) - 1] ?? 0);
  }

  /** A submit as the one given, measured. */
  measured(submit: Submit): Submit {
    return (who, path, lines, done) => {
      const startMs = this.#ports.monotonicMs();
      this.#queued += 1;
      submit(who, path, lines, (...answer) => {
        this.#queued -= 1;
        this.#sample(startMs);
        done(...answer);
      });
    };
  }

  /** Appends to a stream, now and then measured. */
  stream<Answer>(append: () => Answer): Answer {
    this.#streamAppends += 1;
    if (this.#streamAppends % STREAM_APPENDS_A_SAMPLE !== 1) return append();
    const startMs = this.#ports.monotonicMs();
    const answer = append();
    this.#sample(startMs);
    return answer;
  }

  #sample(startMs: number): void {
    this.#samples[this.#sampleCount % this.#ports.samplesMax] = this.#ports.monotonicMs() - startMs;
    this.#sampleCount += 1;
  }
}
