// What is drawn in a picture, as the graphics card takes it: four corners for each shape, all in one buffer. A corner has VERTEX_BYTES:
//
//   x[4] y[4] u[2] v[2] rgba[4]      two float32, where it is in the atlas, then four bytes of colour; little-endian, as typed arrays are
//
// `x`, `y` are units of the world; the colour is premultiplied by its alpha. Four written-out corners, and not one record that the card
// repeats for a square: a rasteriser in software takes each repetition for a drawing of its own (measured here: 3 times slower).

import { CORNERS, FRAME, REACHES } from './frames.ts';

/** Size of a corner. */
export const VERTEX_BYTES = 16;
/** Size of a shape. */
export const INSTANCE_BYTES: number = VERTEX_BYTES * 4;
const WORDS = VERTEX_BYTES / 4;
const SHAPE_WORDS = WORDS * 4;
/** Where every corner of what has no picture is in the atlas. */
const SOLID: number = CORNERS[FRAME.solid * 4] ?? 0;

export class Instances {
  count = 0;
  floats: Float32Array;
  #words: Uint32Array;

  constructor(capacity: number) {
    this.floats = new Float32Array(capacity * SHAPE_WORDS);
    this.#words = new Uint32Array(this.floats.buffer);
  }

  /** How many fit. */
  get capacity(): number {
    return this.floats.length / SHAPE_WORDS;
  }

  /** Makes room for at least so many; what was written is gone. True: the buffer is another one. */
  reserve(count: number): boolean {
    if (count <= this.capacity) return false;
    this.floats = new Float32Array(Math.ceil(count * 1.5) * SHAPE_WORDS);
    this.#words = new Uint32Array(this.floats.buffer);
    this.count = 0;
    return true;
  }

  /** Writes a picture of the atlas, if there is room; `size`: the side of its cell. `rgb`: 0xRRGGBB. */
  add(x: number, y: number, size: number, frame: number, rgb: number, alpha: number): void {
    const at = this.count * SHAPE_WORDS;
    if (at >= this.floats.length) return;
    this.count += 1;
    const across = size * (REACHES[frame * 2] ?? 0);
    const down = size * (REACHES[frame * 2 + 1] ?? 0);
    const color = packed(rgb, alpha);
    const corners = frame * 4;
    this.#corner(at, x - across, y - down, CORNERS[corners] ?? 0, color);
    this.#corner(at + WORDS, x + across, y - down, CORNERS[corners + 1] ?? 0, color);
    this.#corner(at + 2 * WORDS, x + across, y + down, CORNERS[corners + 2] ?? 0, color);
    this.#corner(at + 3 * WORDS, x - across, y + down, CORNERS[corners + 3] ?? 0, color);
  }

  /** Writes four corners without a picture, if there is room: `points` are x and y of each, the first two of one colour, the others of another (`packed`). */
  four(points: Readonly<Float64Array>, color: number, otherColor: number): void {
    const at = this.count * SHAPE_WORDS;
    if (at >= this.floats.length) return;
    this.count += 1;
    for (let corner = 0; corner < 4; corner += 1)
      this.#corner(
        at + corner * WORDS,
        points[corner * 2] ?? 0,
        points[corner * 2 + 1] ?? 0,
        SOLID,
        corner < 2 ? color : otherColor,
      );
  }

  #corner(at: number, x: number, y: number, inAtlas: number, color: number): void {
    this.floats[at] = x;
    this.floats[at + 1] = y;
    this.#words[at + 2] = inAtlas;
    this.#words[at + 3] = color;
  }
}

/** Red in the lowest byte, alpha in the highest; premultiplied. */
export function packed(rgb: number, alpha: number): number {
  if (alpha >= 1) return (0xff000000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | ((rgb >> 16) & 0xff)) >>> 0;
  const part = Math.max(alpha, 0);
  const red = Math.round(((rgb >> 16) & 0xff) * part);
  const green = Math.round(((rgb >> 8) & 0xff) * part);
  const blue = Math.round((rgb & 0xff) * part);
  return ((Math.round(part * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
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
