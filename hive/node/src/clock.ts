// The hive's clock. Nothing ticks for its own sake: a `/sys/clock` line is written when the state has a deadline that
// has come, and sessions whose ticket ran out are ended at most a second late (each of their operations is refused
// from the first moment on).

import { type Cancel, every, type Timers } from '@cohesix/time';

/** What the clock looks at and does. */
export interface ClockPorts {
  readonly now: () => number;
  readonly timers: Timers;
  /** Earliest deadline of the durable state, ms; undefined when there is none. */
  readonly deadline: () => number | undefined;
  /** Writes the clock line. */
  readonly tick: () => void;
  /** Ends sessions whose ticket has run out. */
  readonly endExpired: (now: number) => void;
}

/** Longest time between two looks at the deadline, and between two at the tickets. */
const LOOK_MS = 1000;
/** Finding the next deadline costs a walk over all workers, so it is not done for every record of a busy hive. */
const REARM_MS = 10;

export class HiveClock {
  readonly #ports: ClockPorts;
  #timer: Cancel | undefined;
  #rearm: Cancel | undefined;
  /** On its own: a hive that is changed all the time sets the other timers again and again. */
  #sweep: Cancel | undefined;
  #isStopped = false;

  constructor(ports: ClockPorts) {
    this.#ports = ports;
  }

  /** The state changed: soon look for a nearer deadline. */
  stateChanged(): void {
    if (this.#isStopped) return;
    const { timers } = this.#ports;
    this.#sweep ??= every(timers, LOOK_MS, () => this.#ports.endExpired(this.#ports.now()));
    this.#rearm ??= timers.after(REARM_MS, () => {
      this.#rearm = undefined;
      this.#arm();
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.();
    this.#rearm?.();
    this.#sweep?.();
  }

  #arm(): void {
    this.#timer?.();
    const deadline = this.#ports.deadline();
    const waitMs = deadline === undefined ? LOOK_MS : Math.min(Math.max(deadline - this.#ports.now(), 0), LOOK_MS);
    this.#timer = this.#ports.timers.after(waitMs, () => this.#look());
  }

  #look(): void {
    const now = this.#ports.now();
    const deadline = this.#ports.deadline();
    if (deadline === undefined || deadline > now) return this.#arm();
    this.#ports.tick();
    // A tick that changes the state arms the clock again at once; one that was refused is tried again a while later.
    if (!this.#isStopped) this.#timer = this.#ports.timers.after(LOOK_MS, () => this.#arm());
  }
}
