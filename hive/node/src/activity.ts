// `/proc/activity`: which workers wrote telemetry or were refused something, for those who show a fleet at work and cannot follow ten
// thousand streams. A stream of the hive's own, in memory. Nothing is counted and nothing is kept while nobody follows it.
//
//   {"ts_ms":1763800000000,"n":[["worker-7",3,0],["worker-9",0,1]]}
//
// Since the line before: worker, records it wrote (lines, or frames), refusals its sessions were given. Workers that did neither are
// left out, and so is a line without workers. Where there are many, several lines of one `ts_ms` share them.

import type { Ring } from '@cohesix/telemetry';
import { type Cancel, every, type Timers } from '@cohesix/time';
import { HeardRing } from './heard-ring.ts';

/** What an activity is made from. */
export interface ActivityPorts {
  readonly timers: Timers;
  /** Wall time, ms. */
  readonly now: () => number;
  /** Told when counting begins and when it ends, so that those who are counted need not ask each time. */
  readonly onSwitch: (isOn: boolean) => void;
}

/** Least time between two lines, ms. */
export const ACTIVITY_INTERVAL_MS = 100;
/** Longest line: it fits into a line of the console and into one message of 9P as they are by default. */
export const ACTIVITY_LINE_BYTES_MAX = 4096;
/** What is retained for a reader that is slow: half a second of ten thousand workers that write all the time. */
const RETAINED_BYTES_MAX = 1_048_576;
/** A reader that got a line asks for the next a moment later: how many intervals without one mean that it is gone (five seconds). */
const QUIET_INTERVALS_MAX = 50;

interface Counts {
  records: number;
  refusals: number;
}

export class Activity {
  readonly #ports: ActivityPorts;
  readonly #ring: HeardRing;
  /** By worker; at most those that live. */
  readonly #counts = new Map<string, Counts>();
  #timer: Cancel | undefined;
  #quietIntervals = 0;

  constructor(ports: ActivityPorts) {
    this.#ports = ports;
    this.#ring = new HeardRing({ capacity: RETAINED_BYTES_MAX }, () => this.#heard());
  }

  /** The stream. */
  get ring(): Ring {
    return this.#ring;
  }

  /** Whether anything is counted. */
  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** A worker wrote so many records. Asked for only while counting is on. */
  wrote(worker: string, records: number): void {
    this.#of(worker).records += records;
  }

  /** A session of a worker was refused something. Asked for only while counting is on. */
  refused(worker: string): void {
    this.#of(worker).refusals += 1;
  }

  /** Nothing is counted any more: the hive stops, or nobody follows. Idempotent. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#timer();
    this.#timer = undefined;
    this.#counts.clear();
    this.#ring.clear();
    this.#ports.onSwitch(false);
  }

  #of(worker: string): Counts {
    const known = this.#counts.get(worker);
    if (known !== undefined) return known;
    const made = { records: 0, refusals: 0 };
    this.#counts.set(worker, made);
    return made;
  }

  #heard(): void {
    this.#quietIntervals = 0;
    if (this.#timer !== undefined) return;
    this.#timer = every(this.#ports.timers, ACTIVITY_INTERVAL_MS, () => this.#interval());
    this.#ports.onSwitch(true);
  }

  #interval(): void {
    this.#quietIntervals = this.#ring.listenerCount > 0 ? 0 : this.#quietIntervals + 1;
    if (this.#quietIntervals >= QUIET_INTERVALS_MAX) return this.stop();
    if (this.#counts.size === 0) return;
    for (const line of activityLines(this.#ports.now(), this.#counts)) this.#ring.append(Buffer.from(line));
    this.#counts.clear();
  }
}

/** The lines of an interval, each with its LF. Names of workers are ASCII and need no escape. */
function* activityLines(nowMs: number, counts: ReadonlyMap<string, Counts>): Generator<string> {
  const head = `{"ts_ms":${nowMs},"n":[`;
  let line = '';
  for (const [worker, { records, refusals }] of counts) {
    const entry = `["${worker}",${records},${refusals}]`;
    if (line !== '' && line.length + entry.length + END.length >= ACTIVITY_LINE_BYTES_MAX) {
      yield line + END;
      line = '';
    }
    line += line === '' ? head + entry : `,${entry}`;
  }
  if (line !== '') yield line + END;
}

const END = ']}\n';
