// Memory that many rings share. A ring asks before it grows and gives back when it is cleared, so ten thousand idle
// rings cost little and ten thousand busy ones cannot take more than was planned.

/** A bound in bytes over the buffers of all rings that were made with it. */
export class RingBudget {
  /** The bound, in bytes. */
  readonly bytesMax: number;
  #usedBytes = 0;
  #deniedCount = 0;

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

  /** Takes `count` bytes; false, and nothing taken, when that would pass the bound. */
  take(count: number): boolean {
    if (this.#usedBytes + count > this.bytesMax) {
      this.#deniedCount++;
      return false;
    }
    this.#usedBytes += count;
    return true;
  }

  /** Gives back `count` bytes taken before. */
  give(count: number): void {
    this.#usedBytes -= count;
  }
}
