// The picture of a moment of a recording: it follows from what was told until then and from nothing else, so that the same recording gives
// the same pictures, played, stepped or scrubbed, forwards or back. Only the last seconds count: older events have faded from every picture.

import { type Telling, tellingOf } from './activity.ts';
import { type Sim, STEP_S } from './sim.ts';

/** Warmth of a worker is gone after 1 / 0.22 s (sim.ts), and everything else before that. */
const KEPT_MS = 5000;
/** The hive tells ten times a second; a trace that says otherwise is not followed into more. */
const KEPT_MAX = 500;

export class Recall {
  readonly #told: Telling[] = [];

  /** A line of the stream, in its order. */
  line(text: string): void {
    const telling = tellingOf(text);
    if (telling === undefined) return;
    // Time that goes back is another hive's.
    if (telling.ms < (this.#told.at(-1)?.ms ?? 0)) this.clear();
    this.#told.push(telling);
    while (this.#told.length > KEPT_MAX || telling.ms - (this.#told[0]?.ms ?? 0) > KEPT_MS) this.#told.shift();
  }

  /** Another recording, or an earlier moment of it. */
  clear(): void {
    this.#told.length = 0;
  }

  /** Brings a simulation to the moment of the newest line. */
  into(sim: Sim): void {
    sim.reset();
    const beganMs = this.#told[0]?.ms ?? 0;
    let steps = 0;
    for (const { ms, tallies } of this.#told) {
      for (const until = Math.round((ms - beganMs) / 1000 / STEP_S); steps < until; steps += 1) sim.step();
      for (const [id, { records, refusals }] of tallies) sim.event(id, records, refusals);
    }
    sim.step();
  }
}
