// The streams of a hive: its log and the telemetry of live workers. Rings live in memory under one budget; a clean stop
// keeps them with their cursors, a crash does not.

import type { Manifest } from '@cohesix/manifest';
import { Ring, RingBudget, type RingOptions } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import { readStreams, removeStreams, type StoredStream, storeStreams } from './stream-store.ts';

/** Name of `/log/queen.log` among the stored streams. */
const LOG_NAME = 'log';
const UTF8 = new TextEncoder();

export class Streams {
  /** `/log/queen.log`. */
  readonly log: Ring;
  /** Whether the log was kept over a clean stop, and so holds the lines of the journal already. */
  readonly isLogKept: boolean;
  /** Told of each line that the hive appends to its log (without LF). */
  onAudit: ((line: string) => void) | undefined;
  readonly #directory: string;
  readonly #options: RingOptions;
  readonly #telemetry = new Map<string, Ring>();
  /** Telemetry that was kept and not asked for yet. */
  readonly #stored: Map<string, StoredStream>;
  /** Telemetry lines dropped by workers that ended, and lines that found no room. */
  #droppedBefore = 0;

  private constructor(manifest: Manifest, directory: string, stored: Map<string, StoredStream>) {
    const budget = new RingBudget(manifest.telemetry.ring_budget_bytes);
    const log = stored.get(LOG_NAME);
    this.log = ringFrom(log, { capacity: manifest.log.queen_log_bytes });
    this.isLogKept = log !== undefined;
    this.#directory = directory;
    this.#options = { capacity: manifest.telemetry.ring_bytes_per_worker, budget, countsLines: true };
    stored.delete(LOG_NAME);
    this.#stored = stored;
  }

  /** Goes on from what a clean stop left in `directory`, where it stays until `started`. */
  static async open(manifest: Manifest, directory: string): Promise<Streams> {
    return new Streams(manifest, directory, await readStreams(directory));
  }

  /** Begins with nothing kept; for a hive that has no directory of its own. */
  static empty(manifest: Manifest): Streams {
    return new Streams(manifest, '', new Map());
  }

  /** The hive has started: what was kept is out of date from now on. */
  started(): Promise<void> {
    return removeStreams(this.#directory);
  }

  /** Appends a line (without LF) to the log. A log line over the ring's size is left out. */
  audit(line: string): void {
    this.log.append(UTF8.encode(`${line}\n`));
    this.onAudit?.(line);
  }

  /** Telemetry lines since the start that newer ones drove out, or that found no room. */
  get droppedLines(): number {
    let count = this.#droppedBefore;
    for (const ring of this.#telemetry.values()) count += ring.droppedLines;
    return count;
  }

  /** The telemetry of a worker that lives, made on first use. */
  telemetryOf(worker: string): Ring {
    const known = this.#telemetry.get(worker);
    if (known !== undefined) return known;
    const ring = ringFrom(this.#stored.get(worker), this.#options);
    this.#stored.delete(worker);
    this.#telemetry.set(worker, ring);
    return ring;
  }

  /** Appends whole lines to a worker's telemetry: `too-big` or `buffer-full`. */
  append(worker: string, bytes: Uint8Array): Result<void> {
    const appended = this.telemetryOf(worker).append(bytes);
    if (appended.ok) return ok(undefined);
    this.#droppedBefore += bytes.filter((byte) => byte === LF).length;
    return refuse(appended.refusal.code, appended.refusal.detail);
  }

  /** Forgets the telemetry of a worker that ended and gives its memory back. Value: the ring, to end its follows. */
  end(worker: string): Ring | undefined {
    const ring = this.#telemetry.get(worker);
    this.#droppedBefore += ring?.droppedLines ?? 0;
    ring?.clear();
    this.#telemetry.delete(worker);
    this.#stored.delete(worker);
    return ring;
  }

  /** Keeps the log and the telemetry of workers that live for the next start; called once nothing appends any more. */
  store(isLive: (worker: string) => boolean): Promise<void> {
    const rings = [[LOG_NAME, this.log] as const, ...this.#telemetry];
    const touched = rings.map(([name, ring]) => ({ name, start: ring.base, bytes: ring.snapshot() }));
    const untouched = [...this.#stored.values()].filter(({ name }) => isLive(name));
    return storeStreams(this.#directory, [...touched, ...untouched]);
  }
}

const LF = 0x0a;

/** What a ring retained: whole lines, and the cursor of the first byte. */
export type Retained = Pick<StoredStream, 'start' | 'bytes'>;

/** A ring, going on where a stored stream ended. One that may hold less now keeps whole last lines; cursors never go back. */
export function ringFrom(stored: Retained | undefined, options: RingOptions): Ring {
  if (stored === undefined) return new Ring(options);
  const { bytes, start } = stored;
  const over = bytes.length - options.capacity;
  const cut = over > 0 ? bytes.indexOf(LF, over - 1) + 1 : 0;
  const ring = new Ring({ ...options, start: start + cut });
  return ring.append(bytes.subarray(cut)).ok ? ring : new Ring({ ...options, start: start + bytes.length });
}
