// Short-lived marks: grains of pollen that fly, rings of an error that grow. A fixed number of them in typed arrays; the first `count` live,
// and one that ends is replaced by the last. When all are in use a new one is simply not made.

export class Particles {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly vx: Float32Array;
  readonly vy: Float32Array;
  /** Seconds that are left. */
  readonly left: Float32Array;
  /** What it is of: a kind, by its number. */
  readonly kind: Uint8Array;
  count = 0;

  constructor(capacity: number) {
    this.x = new Float32Array(capacity);
    this.y = new Float32Array(capacity);
    this.vx = new Float32Array(capacity);
    this.vy = new Float32Array(capacity);
    this.left = new Float32Array(capacity);
    this.kind = new Uint8Array(capacity);
  }

  /** Whether all are in use. */
  get isFull(): boolean {
    return this.count === this.left.length;
  }

  /** Makes one that does not move, and answers its index; -1 when all are in use. */
  add(x: number, y: number, seconds: number, kind: number): number {
    if (this.isFull) return -1;
    const index = this.count;
    this.count += 1;
    this.x[index] = x;
    this.y[index] = y;
    this.vx[index] = 0;
    this.vy[index] = 0;
    this.left[index] = seconds;
    this.kind[index] = kind;
    return index;
  }

  /** Time goes on; those whose time is up, or who came as near as `near` to (0, 0), are gone. */
  step(seconds: number, near: number): void {
    const { x, y, vx, vy, left } = this;
    const nearSquared = near * near;
    for (let index = 0; index < this.count; index += 1) {
      const rest = (left[index] ?? 0) - seconds;
      const toX = (x[index] ?? 0) + (vx[index] ?? 0) * seconds;
      const toY = (y[index] ?? 0) + (vy[index] ?? 0) * seconds;
      left[index] = rest;
      x[index] = toX;
      y[index] = toY;
      if (rest > 0 && toX * toX + toY * toY > nearSquared) continue;
      this.#replace(index);
      index -= 1;
    }
  }

  /** Ends all of them. */
  clear(): void {
    this.count = 0;
  }

  #replace(index: number): void {
    this.count -= 1;
    for (const array of [this.x, this.y, this.vx, this.vy, this.left, this.kind]) array[index] = array[this.count] ?? 0;
  }
}
