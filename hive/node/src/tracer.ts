// The events of a hive: `/trace/events`, `/kmesg` and `/proc/<worker>/trace` (contracts-1 4.6, m07e). Whoever has something to
// tell asks `isOn` before it makes a text, so that what the filter leaves out costs two comparisons. Events are memory: a start
// begins with none, and `seq` counts from 1.
//
// Nothing secret is told: tickets are fingerprints, and of a line that a client wrote only where it went.

import { TRACE_LEVELS, type TraceCat, type TraceFilter, type TraceLevel } from '@cohesix/authority';
import type { Trace } from '@cohesix/manifest';
import { Ring, RingBudget } from '@cohesix/telemetry';
import { LineRing } from './line-ring.ts';
import { taskOf, topicOf } from './trace-lines.ts';

/** What a tracer needs of its hive. */
export interface TracerPorts {
  /** Wall time, ms. */
  readonly now: () => number;
  /** Whether there is a worker of that name: one whose events are kept for it. */
  readonly isTask: (name: string) => boolean;
  readonly bounds: Trace;
}

/** What happened. */
export interface Happening {
  readonly msg: string;
  /** The worker that it is about. */
  readonly task?: string | undefined;
}

/** Characters of a message; what is longer is cut and ends with `…`. */
const MSG_CHARACTERS_MAX = 512;
/** An event whose every character is escaped (`\u0001`), with its other fields. */
const EVENT_BYTES_MAX = MSG_CHARACTERS_MAX * 6 + 512;

const RANKS: Readonly<Record<TraceLevel, number>> = Object.fromEntries(
  TRACE_LEVELS.map((level, rank) => [level, rank]),
) as Record<TraceLevel, number>;

export class Tracer {
  readonly #ports: TracerPorts;
  readonly #events: LineRing;
  readonly #kmesg: LineRing;
  readonly #tasks = new Map<string, LineRing>();
  readonly #budget: RingBudget;
  #filter: TraceFilter | undefined;
  #rankMax = -1;
  /** Undefined for all. */
  #cats: ReadonlySet<TraceCat> | undefined;
  #seq = 0;

  constructor(ports: TracerPorts) {
    this.#ports = ports;
    this.#events = ringOf(ports.bounds.events_max);
    this.#kmesg = ringOf(ports.bounds.events_max);
    this.#budget = new RingBudget(ports.bounds.ring_budget_bytes);
  }

  /** `/trace/events`. */
  get events(): Ring {
    return this.#events.ring;
  }

  /** `/kmesg`. */
  get kmesg(): Ring {
    return this.#kmesg.ring;
  }

  /** `/proc/<worker>/trace`, made on first use; undefined when there is no such worker. */
  ringOf(worker: string): Ring | undefined {
    return this.#taskOf(worker)?.ring;
  }

  /** Tells from now on what this filter lets through. Cheap when it is the one before. */
  obey(filter: TraceFilter): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#rankMax = RANKS[filter.level];
    this.#cats = filter.cats === null ? undefined : new Set(filter.cats);
  }

  /** Whether events of this level and category are told. */
  isOn(level: TraceLevel, cat: TraceCat): boolean {
    return RANKS[level] <= this.#rankMax && (this.#cats === undefined || this.#cats.has(cat));
  }

  /** Tells an event, if the filter lets it through. */
  tell(level: TraceLevel, cat: TraceCat, { msg, task }: Happening): void {
    if (!this.isOn(level, cat)) return;
    const known = task === undefined ? undefined : this.#taskOf(task);
    this.#seq += 1;
    const text = msg.length <= MSG_CHARACTERS_MAX ? msg : `${msg.slice(0, MSG_CHARACTERS_MAX - 1)}…`;
    // By hand, because revoking a ticket may end ten thousand sessions in one turn, each with an event.
    const whose = known === undefined ? '' : `"task":${JSON.stringify(task)},`;
    const line = `{"seq":${this.#seq},"ts_ms":${this.#ports.now()},"level":"${level}","cat":"${cat}",${whose}"msg":${JSON.stringify(text)}}`;
    this.#events.append(line);
    if (cat === 'kmesg') this.#kmesg.append(line);
    known?.append(line);
  }

  /** Tells what a line of the hive's log says. */
  line(line: string): void {
    const { level, cat } = topicOf(line);
    if (this.isOn(level, cat)) this.tell(level, cat, { msg: line, task: taskOf(line) });
  }

  /** Forgets the events of a worker that is no more and gives their memory back. Value: the ring, to end its follows. */
  forget(worker: string): Ring | undefined {
    const ring = this.#tasks.get(worker)?.ring;
    this.#tasks.delete(worker);
    ring?.clear();
    return ring;
  }

  #taskOf(worker: string): LineRing | undefined {
    const known = this.#tasks.get(worker);
    if (known !== undefined || !this.#ports.isTask(worker)) return known;
    const made = ringOf(this.#ports.bounds.worker_events_max, this.#budget);
    this.#tasks.set(worker, made);
    return made;
  }
}

function ringOf(linesMax: number, budget?: RingBudget): LineRing {
  const capacity = linesMax * EVENT_BYTES_MAX;
  return new LineRing(new Ring(budget === undefined ? { capacity } : { capacity, budget }), linesMax);
}
