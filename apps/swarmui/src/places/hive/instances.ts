// What is drawn in a picture, as the graphics card takes it: one record of INSTANCE_BYTES for each shape, all in one buffer.
//
//   x[4] y[4] size[4] frame[4] rgba[4]      four float32, then four bytes of colour; little-endian, as typed arrays of today are
//
// `x`, `y` is the middle and `size` the side of the square in units of the world; `frame` says which picture of the atlas.

/** Size of a record. */
export const INSTANCE_BYTES = 20;
const WORDS = INSTANCE_BYTES / 4;

export class Instances {
  count = 0;
  floats: Float32Array;
  #colors: Uint32Array;

  constructor(capacity: number) {
    this.floats = new Float32Array(capacity * WORDS);
    this.#colors = new Uint32Array(this.floats.buffer);
  }

  /** How many fit. */
  get capacity(): number {
    return this.floats.length / WORDS;
  }

  /** Makes room for at least so many; what was written is gone. True: the buffer is another one. */
  reserve(count: number): boolean {
    if (count <= this.capacity) return false;
    this.floats = new Float32Array(Math.ceil(count * 1.5) * WORDS);
    this.#colors = new Uint32Array(this.floats.buffer);
    this.count = 0;
    return true;
  }

  /** Writes one, if there is room. `rgb`: 0xRRGGBB. */
  add(x: number, y: number, size: number, frame: number, rgb: number, alpha: number): void {
    const at = this.count * WORDS;
    if (at >= this.floats.length) return;
    this.count += 1;
    this.floats[at] = x;
    this.floats[at + 1] = y;
    this.floats[at + 2] = size;
    this.floats[at + 3] = frame;
    this.#colors[at + 4] = packed(rgb, alpha);
  }
}

/** Red in the lowest byte, alpha in the highest. */
function packed(rgb: number, alpha: number): number {
  const opacity = alpha >= 1 ? 255 : alpha <= 0 ? 0 : Math.round(alpha * 255);
  return ((opacity << 24) | ((rgb & 0xff) << 16) | (rgb & 0xff00) | ((rgb >> 16) & 0xff)) >>> 0;
}

/** A colour between two: 0 the first, 1 the second. */
export function mixed(one: number, other: number, part: number): number {
  if (part <= 0) return one;
  if (part >= 1) return other;
  const channel = (shift: number): number => {
    const from = (one >> shift) & 0xff;
    return Math.round(from + (((other >> shift) & 0xff) - from) * part) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}
