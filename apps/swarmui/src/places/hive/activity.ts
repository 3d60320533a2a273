// What the workers do, from `/proc/activity` (hive/node, activity.ts): lines of JSON that say how many records each worker wrote and
// how many refusals it was given since the line before. Counts are gathered by worker until a picture takes them, so that what waits
// is bounded by the fleet and not by how fast events come.

/** What waits to be drawn of one worker. */
export interface Tally {
  records: number;
  refusals: number;
}

/** Sums since the place was opened. */
export interface ActivityTotals {
  readonly records: number;
  readonly refusals: number;
}

/** Lines that are so much older than the newest one tell of a past that is not drawn any more, ms. */
const OLD_MS = 2000;
/** Workers of which something may wait; beyond that only totals grow. */
const WAITING_MAX = 131_072;

export class Activity {
  readonly #waiting = new Map<string, Tally>();
  #newestMs = 0;
  #waitingSinceMs = 0;
  #records = 0;
  #refusals = 0;
  #unread = 0;

  /** Since the place was opened. */
  get totals(): ActivityTotals {
    return { records: this.#records, refusals: this.#refusals };
  }

  /** Lines that were not of the form. */
  get unread(): number {
    return this.#unread;
  }

  /** Whether anything waits. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** A line of the stream. What waits from long before it is forgotten: it is not news. */
  line(text: string): void {
    if (text.startsWith('~ ')) return; // what the stream lost
    const telling = tellingOf(text);
    if (telling === undefined) {
      this.#unread += 1;
      return;
    }
    this.#newestMs = Math.max(this.#newestMs, telling.ms);
    if (this.#newestMs - this.#waitingSinceMs > OLD_MS) this.#forget();
    for (const [id, tally] of telling.tallies) this.#count(id, tally);
  }

  /** Begins anew, with other eyes or at another moment. */
  clear(): void {
    this.#forget();
    this.#newestMs = this.#waitingSinceMs = 0;
    this.#records = this.#refusals = this.#unread = 0;
  }

  /** Gives what waits, worker by worker in the order in which they were first heard of, and forgets it. */
  take(onWorker: (id: string, records: number, refusals: number) => void): void {
    for (const [id, { records, refusals }] of this.#waiting) onWorker(id, records, refusals);
    this.#waiting.clear();
    this.#waitingSinceMs = this.#newestMs;
  }

  #forget(): void {
    this.#waiting.clear();
    this.#waitingSinceMs = this.#newestMs;
  }

  #count(id: string, { records, refusals }: Readonly<Tally>): void {
    this.#records += records;
    this.#refusals += refusals;
    const known = this.#waiting.get(id);
    if (known !== undefined) {
      known.records += records;
      known.refusals += refusals;
    } else if (this.#waiting.size < WAITING_MAX) this.#waiting.set(id, { records, refusals });
  }
}

/** What a line tells. */
export interface Telling {
  /** When, by the clock of the hive. */
  readonly ms: number;
  /** Worker and what it did since the line before. */
  readonly tallies: readonly (readonly [string, Readonly<Tally>])[];
}

/** Reads a line; undefined when it is not of the form. Entries that are not are left out. */
export function tellingOf(text: string): Telling | undefined {
  try {
    const { ts_ms: ms, n } = JSON.parse(text) as { readonly ts_ms?: unknown; readonly n?: unknown };
    if (typeof ms !== 'number' || !Array.isArray(n)) return undefined;
    return { ms, tallies: n.map(tallyOf).filter((tally) => tally !== undefined) };
  } catch {
    return undefined;
  }
}

function tallyOf(entry: unknown): readonly [string, Readonly<Tally>] | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [id, records, refusals] = entry as readonly unknown[];
  if (typeof id !== 'string' || !isCount(records) || !isCount(refusals)) return undefined;
  return [id, { records, refusals }];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
