// Who is answered next, when more ask than are answered at a time. Two classes (contracts-2, 7.5): control goes first, but of every
// seven turns one is telemetry's, so that neither waits for ever. Within a class tickets take turns, however many requests each
// has; a ticket that fills the queue loses its own newest request to a ticket that waits with fewer. Without a crowd nothing is
// allocated but the count of what runs.
//
// Invariant: a ticket has at most `perTicket` running; nobody waits who could run.

/** A class whose requests may wait. */
export type Lane = 'control' | 'telemetry';

/** Why a request is not let in. */
export type Turned = 'queue-full' | 'waited-too-long' | 'gone';

/** Bounds. */
export interface FairQueueOptions {
  /** Requests that run at a time, of all tickets. */
  readonly runningMax: number;
  readonly perTicket: number;
  /** Requests that wait at a time, by class. */
  readonly waitingMax: Readonly<Record<Lane, number>>;
  readonly waitMs: number;
}

/** What was counted, since the start. */
export interface LaneCounts {
  waiting: number;
  /** Requests that had to wait. */
  waited: number;
  waitedMs: number;
  refusedFull: number;
  refusedLate: number;
}

/** A request that waits. */
export interface Waiting {
  /** Settles once: undefined when it may run (then `leave` must follow), else why not. */
  readonly turn: Promise<Turned | undefined>;
  /** The caller went away. */
  readonly cancel: () => void;
}

interface Waiter {
  readonly ticket: string;
  readonly since: number;
  readonly settle: (turned: Turned | undefined) => void;
}

/** Tickets of which it is kept that nothing runs: to list one anew for each of its requests takes a tenth of a small read. */
const IDLE_KEPT_MAX = 1024;

/** Control turns before one of telemetry, when both wait. */
const CONTROL_TURNS = 6;

/** The waiters of one class: tickets in the order of their turns, each with its requests in the order they came. */
class LaneQueue {
  readonly tickets = new Map<string, Waiter[]>();
  readonly counts: LaneCounts = { waiting: 0, waited: 0, waitedMs: 0, refusedFull: 0, refusedLate: 0 };

  add(waiter: Waiter): void {
    const own = this.tickets.get(waiter.ticket);
    if (own === undefined) this.tickets.set(waiter.ticket, [waiter]);
    else own.push(waiter);
    this.counts.waiting += 1;
    this.counts.waited += 1;
  }

  /** Takes one out; false when it is not there any more. */
  remove(waiter: Waiter): boolean {
    const own = this.tickets.get(waiter.ticket);
    const index = own?.indexOf(waiter) ?? -1;
    if (own === undefined || index < 0) return false;
    own.splice(index, 1);
    if (own.length === 0) this.tickets.delete(waiter.ticket);
    this.counts.waiting -= 1;
    return true;
  }

  /** Takes the first request of the first ticket that may run, and puts that ticket behind the others. */
  next(mayRun: (ticket: string) => boolean): Waiter | undefined {
    for (const [ticket, own] of this.tickets) {
      const waiter = mayRun(ticket) ? own.shift() : undefined;
      if (waiter === undefined) continue;
      this.tickets.delete(ticket);
      if (own.length > 0) this.tickets.set(ticket, own);
      this.counts.waiting -= 1;
      return waiter;
    }
    return undefined;
  }

  /** The newest request of the ticket with the most; undefined unless that is more than `than`. */
  newestOfLongest(than: number): Waiter | undefined {
    let longest: Waiter[] = [];
    for (const own of this.tickets.values()) if (own.length > longest.length) longest = own;
    return longest.length > than ? longest.at(-1) : undefined;
  }
}

/** The queues of one gateway. */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #now: () => number;
  readonly #lanes: Readonly<Record<Lane, LaneQueue>> = { control: new LaneQueue(), telemetry: new LaneQueue() };
  /** Ticket → requests that run; absent is none, and so is 0. */
  readonly #running = new Map<string, number>();
  #runningCount = 0;
  #controlTurns = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** `now`: a clock in ms that only goes forward. */
  constructor(options: FairQueueOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /** Counters by class. */
  get counts(): Readonly<Record<Lane, Readonly<LaneCounts>>> {
    return { control: this.#lanes.control.counts, telemetry: this.#lanes.telemetry.counts };
  }

  /** Requests that run now. */
  get running(): number {
    return this.#runningCount;
  }

  /** Lets a request in at once (undefined; `leave` must follow), makes it wait, or says why it cannot. */
  enter(lane: Lane, ticket: string): Waiting | Turned | undefined {
    if (this.#mayRun(ticket)) {
      this.#start(ticket);
      return undefined;
    }
    return this.#hasRoom(lane, ticket) ? this.#wait(lane, ticket) : 'queue-full';
  }

  /** A request that was let in has been answered. */
  leave(ticket: string): void {
    const left = (this.#running.get(ticket) ?? 1) - 1;
    if (left === 0 && this.#running.size > IDLE_KEPT_MAX) this.#running.delete(ticket);
    else this.#running.set(ticket, left);
    this.#runningCount -= 1;
    if (this.#waitingCount > 0) this.#startNext();
  }

  /** Turns everybody away who waits. */
  close(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    for (const { tickets, counts } of Object.values(this.#lanes)) {
      for (const own of tickets.values()) for (const { settle } of own) settle('gone');
      tickets.clear();
      counts.waiting = 0;
    }
  }

  get #waitingCount(): number {
    return this.#lanes.control.counts.waiting + this.#lanes.telemetry.counts.waiting;
  }

  #mayRun(ticket: string): boolean {
    const { runningMax, perTicket } = this.#options;
    return this.#runningCount < runningMax && (this.#running.get(ticket) ?? 0) < perTicket;
  }

  #start(ticket: string): void {
    this.#running.set(ticket, (this.#running.get(ticket) ?? 0) + 1);
    this.#runningCount += 1;
  }

  /** Makes room when the lane is full: from the ticket that takes most of it, if that is not this one. */
  #hasRoom(name: Lane, ticket: string): boolean {
    const lane = this.#lanes[name];
    if (lane.counts.waiting < this.#options.waitingMax[name]) return true;
    lane.counts.refusedFull += 1;
    const given = lane.newestOfLongest((lane.tickets.get(ticket)?.length ?? 0) + 1);
    if (given === undefined) return false;
    lane.remove(given);
    given.settle('queue-full');
    return true;
  }

  #wait(name: Lane, ticket: string): Waiting {
    const lane = this.#lanes[name];
    const { promise: turn, resolve: settle } = Promise.withResolvers<Turned | undefined>();
    const waiter = { ticket, since: this.#now(), settle };
    lane.add(waiter);
    this.#sweep ??= setInterval(() => this.#sweepLate(), Math.ceil(this.#options.waitMs / 10));
    const cancel = (): void => {
      if (lane.remove(waiter)) settle('gone');
    };
    return { turn, cancel };
  }

  #startNext(): void {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      const { waiter, lane } = next;
      lane.counts.waitedMs += this.#now() - waiter.since;
      this.#start(waiter.ticket);
      waiter.settle(undefined);
    }
  }

  /** The next who may run: control, unless it is telemetry's turn. */
  #take(): { readonly waiter: Waiter; readonly lane: LaneQueue } | undefined {
    if (this.#runningCount >= this.#options.runningMax) return undefined;
    const { control, telemetry } = this.#lanes;
    const isTelemetrysTurn = this.#controlTurns >= CONTROL_TURNS;
    for (const lane of isTelemetrysTurn ? [telemetry, control] : [control, telemetry]) {
      const waiter = lane.next((ticket) => this.#mayRun(ticket));
      if (waiter === undefined) continue;
      this.#controlTurns = lane === control && telemetry.counts.waiting > 0 ? this.#controlTurns + 1 : 0;
      return { waiter, lane };
    }
    return undefined;
  }

  /** Turns away who has waited too long; the timer runs only while somebody waits. */
  #sweepLate(): void {
    const latest = this.#now() - this.#options.waitMs;
    for (const lane of Object.values(this.#lanes)) {
      for (const own of [...lane.tickets.values()]) for (const waiter of [...own]) this.#turnLate(lane, waiter, latest);
    }
    if (this.#waitingCount > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #turnLate(lane: LaneQueue, waiter: Waiter, latest: number): void {
    if (waiter.since > latest || !lane.remove(waiter)) return;
    lane.counts.refusedLate += 1;
    waiter.settle('waited-too-long');
  }
}
