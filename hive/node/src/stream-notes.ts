// What `/log/queen.log` tells of telemetry: that a ring overwrites, that an append did not fit, and that a reader came too late
// (contracts-1, 4.11).
//
//   [audit] telemetry ring wrap worker=<id> dropped_bytes=<n> new_base=<cursor>
//   [audit] telemetry quota reject worker=<id> bytes=<n> quota=<bytes of a ring>
//   [audit] telemetry cursor stale worker=<id> requested=<cursor> rewind_to=<cursor> retain_on_boot=<yes|no>
//
// All can happen at every append or at every read, so a line is due only when its count has doubled since the last: some
// fifty lines in the life of a worker. `WORKERS_MAX` workers have lines of their own; all others share one count, told as
// `telemetry ring wrap others=<n>` and so on. So telemetry cannot push the rest out of the log.

import type { Ring } from '@cohesix/telemetry';

/** Workers that are told of by name; of the others there is one count. */
const WORKERS_MAX = 64;
/** Bytes a ring has to drop before its second line. */
const WRAP_BYTES_MIN = 1024;

/** A count, and from which on its next line is due. */
class Doubling {
  count = 0;
  #dueAt = 1;

  /** Whether a line is due now that the count is this. */
  isDue(count: number, least = 1): boolean {
    this.count = count;
    if (count < this.#dueAt) return false;
    this.#dueAt = Math.max(least, count * 2);
    return true;
  }
}

interface Told {
  readonly wraps: Doubling;
  readonly rejects: Doubling;
  readonly losses: Doubling;
}

export class StreamNotes {
  readonly #audit: (line: string) => void;
  readonly #retains: string;
  readonly #told = new Map<string, Told>();
  readonly #others: Told = newTold();

  /** `retainsOnBoot`: `telemetry.cursor.retain_on_boot`. */
  constructor(audit: (line: string) => void, retainsOnBoot: boolean) {
    this.#audit = (line) => audit(`[audit] telemetry ${line}`);
    this.#retains = retainsOnBoot ? 'yes' : 'no';
  }

  /** A ring that has dropped something was appended to. */
  wrapped(worker: string, { droppedBytes, base }: Ring): void {
    const told = this.#of(worker);
    if (told === undefined) {
      const { wraps } = this.#others;
      if (wraps.isDue(wraps.count + 1)) this.#audit(`ring wrap others=${wraps.count}`);
    } else if (told.wraps.isDue(droppedBytes, WRAP_BYTES_MIN)) {
      this.#audit(`ring wrap worker=${worker} dropped_bytes=${droppedBytes} new_base=${base}`);
    }
  }

  /** An append was over what a ring may hold, or found no memory. */
  rejected(worker: string, bytes: number, quota: number): void {
    const told = this.#of(worker);
    const { rejects } = told ?? this.#others;
    if (!rejects.isDue(rejects.count + 1)) return;
    if (told === undefined) this.#audit(`quota reject others=${rejects.count}`);
    else this.#audit(`quota reject worker=${worker} bytes=${bytes} quota=${quota}`);
  }

  /** A reader of a ring wanted a cursor that is gone and went on at another. */
  lost(worker: string, requested: number, next: number): void {
    const told = this.#of(worker);
    const { losses } = told ?? this.#others;
    if (!losses.isDue(losses.count + 1)) return;
    if (told === undefined) this.#audit(`cursor stale others=${losses.count}`);
    else
      this.#audit(
        `cursor stale worker=${worker} requested=${requested} rewind_to=${next} retain_on_boot=${this.#retains}`,
      );
  }

  /** A worker has ended. */
  forget(worker: string): void {
    this.#told.delete(worker);
  }

  #of(worker: string): Told | undefined {
    const known = this.#told.get(worker);
    if (known !== undefined || this.#told.size >= WORKERS_MAX) return known;
    const told = newTold();
    this.#told.set(worker, told);
    return told;
  }
}

function newTold(): Told {
  return { wraps: new Doubling(), rejects: new Doubling(), losses: new Doubling() };
}
