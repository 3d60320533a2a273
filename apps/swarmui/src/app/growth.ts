// How much counters grew of late. A counter that falls belongs to a hive that began anew.

/** For so long a growth is news, ms. */
export const NEWS_MS = 60_000;
/** Changes that are remembered of one counter. */
const CHANGES_MAX = 64;

interface Change {
  readonly atMs: number;
  readonly value: number;
}

/** Counters and their changes of the last minute. */
export class Growths {
  readonly #changes = new Map<string, readonly Change[]>();

  /** Notes what a counter says now; how much more that is than a minute ago, or than when it was first seen. */
  note(name: string, value: number, nowMs: number): number {
    const all = this.#changes.get(name) ?? [];
    const last = all.at(-1);
    if (last === undefined || value < last.value) {
      this.#changes.set(name, [{ atMs: nowMs, value }]);
      return 0;
    }
    const now = value === last.value ? all : [...all, { atMs: nowMs, value }];
    // The value before the minute began is what growth is measured from.
    const from = Math.max(
      0,
      now.findLastIndex(({ atMs }) => atMs <= nowMs - NEWS_MS),
    );
    const kept = now.slice(Math.max(from, now.length - CHANGES_MAX));
    this.#changes.set(name, kept);
    return value - (kept[0]?.value ?? value);
  }

  /** Forgets all: another hive is looked at. */
  clear(): void {
    this.#changes.clear();
  }
}
