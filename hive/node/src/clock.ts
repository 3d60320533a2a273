// The hive's clock. Nothing ticks for its own sake: a `/sys/clock` line is written when the state has a deadline that
// has come, and sessions whose ticket ran out are ended at most a second late (each of their operations is refused
// from the first moment on).

/** What the clock looks at and does. */
export interface ClockPorts {
  readonly now: () => number;
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
  #timer: NodeJS.Timeout | undefined;
  #rearm: NodeJS.Timeout | undefined;
  /** On its own: a hive that is changed all the time sets the other timers again and again. */
  #sweep: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(ports: ClockPorts) {
    this.#ports = ports;
  }

  /** The state changed: soon look for a nearer deadline. */
  stateChanged(): void {
    if (this.#isStopped) return;
    this.#sweep ??= setInterval(() => this.#ports.endExpired(this.#ports.now()), LOOK_MS).unref();
    this.#rearm ??= setTimeout(() => {
      this.#rearm = undefined;
      this.#arm();
    }, REARM_MS).unref();
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#rearm);
    clearInterval(this.#sweep);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#ports.deadline();
    const waitMs = deadline === undefined ? LOOK_MS : Math.min(Math.max(deadline - this.#ports.now(), 0), LOOK_MS);
    this.#timer = setTimeout(() => this.#look(), waitMs).unref();
  }

  #look(): void {
    const now = this.#ports.now();
    const deadline = this.#ports.deadline();
    if (deadline === undefined || deadline > now) return this.#arm();
    this.#ports.tick();
    // A tick that changes the state arms the clock again at once; one that was refused is tried again a while later.
    if (!this.#isStopped) this.#timer = setTimeout(() => this.#arm(), LOOK_MS).unref();
  }
}
