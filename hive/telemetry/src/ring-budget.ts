// Memory that many rings share. A ring asks before it grows and gives back when it is cleared, so ten thousand idle
// rings cost little and ten thousand busy ones cannot take more than was planned.
//
// It is shared fairly: when it is used up, a ring that wants no more than half of what the largest has gets it, and the
// largest is halved (its oldest records are dropped, counted as always). So whoever is loud keeps at most as much as
// those who ask later, up to a factor of two, and nobody who comes late stays without.

/** What holds memory of a budget. */
export interface BudgetHolder {
  /** Bytes it holds now. */
  readonly bufferSize: number;
  /** Gives about half of it back, by `RingBudget.resize`. */
  halve(): void;
}

/** A bound in bytes over the buffers of all rings that were made with it. */
export class RingBudget {
  /** The bound, in bytes. */
  readonly bytesMax: number;
  readonly #bySize = new Map<number, Set<BudgetHolder>>();
  #usedBytes = 0;
  #deniedCount = 0;
  #halvedCount = 0;

  /** Throws RangeError unless `bytesMax` is a safe integer of at least 0. */
  constructor(bytesMax: number) {
    if (!Number.isSafeInteger(bytesMax) || bytesMax < 0)
      throw new RangeError(`bytesMax must be 0 or more: ${bytesMax}`);
    this.bytesMax = bytesMax;
  }

  /** Bytes held by rings now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** How often a ring wanted to grow and could not. */
  get deniedCount(): number {
    return this.#deniedCount;
  }

  /** How often a large ring was halved for a smaller one. */
  get halvedCount(): number {
    return this.#halvedCount;
  }

  /** Lets a holder have `size` bytes instead of what it has; false, and nothing changed for it, when that cannot be. */
  resize(holder: BudgetHolder, size: number): boolean {
    const before = holder.bufferSize;
    while (size > before && this.#usedBytes - before + size > this.bytesMax) {
      const largest = this.#largest();
      if (largest === undefined || largest === holder || halfOf(largest.bufferSize) < size) {
        this.#deniedCount += 1;
        return false;
      }
      this.#halvedCount += 1;
      largest.halve();
    }
    this.#usedBytes += size - before;
    this.#move(holder, before, size);
    return true;
  }

  #move(holder: BudgetHolder, before: number, after: number): void {
    const left = this.#bySize.get(before);
    if (left?.delete(holder) && left.size === 0) this.#bySize.delete(before);
    if (after === 0) return;
    const joined = this.#bySize.get(after) ?? new Set();
    joined.add(holder);
    this.#bySize.set(after, joined);
  }

  /** Of the largest size, the one that has had it longest. Sizes are powers of two or a capacity, so there are few. */
  #largest(): BudgetHolder | undefined {
    let size = 0;
    for (const known of this.#bySize.keys()) if (known > size) size = known;
    const [holder] = this.#bySize.get(size) ?? [];
    return holder;
  }
}

/** Bytes a buffer of `size` has after it was halved: the largest power of two below `size`. */
export function halfOf(size: number): number {
  return powerOfTwo(size) / 2;
}

/** The smallest power of two that is at least `value`. */
export function powerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
