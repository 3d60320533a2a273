// The pictures of the atlas, by number: shapes in rows of large cells, then the printable characters of ASCII in small ones. Who paints the
// atlas and who draws from it agree on these figures.

/** Shapes. */
export const FRAME = {
  disc: 0,
  /** A disc that fades outwards. */
  glow: 1,
  ring: 2,
  bee: 3,
  queen: 4,
  /** A bee that is not running yet. */
  outline: 5,
  /** White without an edge: what is made of corners (circles.ts) takes its colour from them. */
  solid: 6,
  /** A bee in its glow, LIT_LEVELS of them, each warmer: one shape where there would be two. Its cell is that of the glow. */
  lit: 8,
} as const;

/** How many glows there are, and how much wider than a bee one is. */
export const LIT_LEVELS = 8;
export const LIT_SIDE = 1.75;

/** The atlas in pixels: WIDTH by HEIGHT, two rows of shapes, then rows of characters. */
export const ATLAS_WIDTH = 1024;
export const ATLAS_HEIGHT = 640;
export const SHAPE_CELL = 128;
export const GLYPH_CELL = 64;
const SHAPES_PER_ROW: number = ATLAS_WIDTH / SHAPE_CELL;
const SHAPES: number = SHAPES_PER_ROW * 2;
const GLYPHS_PER_ROW: number = ATLAS_WIDTH / GLYPH_CELL;
/** Size of the characters in their cells, pixels. */
export const GLYPH_PX = 44;
/** From one character to the next, in sizes of the font: JetBrains Mono has one width for all. */
export const GLYPH_ADVANCE = 0.6;
/** First and last character. */
export const GLYPH_FIRST = 32;
export const GLYPH_LAST = 126;

/** What is drawn of the cell of a character, pixels around its middle: its ink, as every pixel costs. Digits have nothing below the line. */
const GLYPH_WIDTH = 28;
const GLYPH_HEIGHT = 58;
const DIGIT_HEIGHT = 40;

/** The frame of a character, by its code; a question mark for those that are not there. */
export function glyphFrame(code: number): number {
  return SHAPES + (code >= GLYPH_FIRST && code <= GLYPH_LAST ? code : 63) - GLYPH_FIRST;
}

const COUNT: number = SHAPES + GLYPH_LAST - GLYPH_FIRST + 1;

/** How far a frame reaches from its middle, as a part of the side of its cell: by x at twice its number, by y behind it. */
export const REACHES: Float32Array = new Float32Array(COUNT * 2).fill(0.5);

/** Where the four corners of a frame are in the atlas, at four times its number: across in the low half of a word, down in the high one. */
export const CORNERS: Uint32Array = new Uint32Array(COUNT * 4);

for (let frame = 0; frame < COUNT; frame += 1) {
  const glyph = frame - SHAPES;
  if (glyph < 0) {
    const half = frame === FRAME.solid ? 0 : SHAPE_CELL / 2;
    const { x, y } = shapeMiddle(frame);
    setCorners(frame, x, y, half, half);
    continue;
  }
  const isDigit = glyph >= 48 - GLYPH_FIRST && glyph <= 57 - GLYPH_FIRST;
  const [across, down] = [GLYPH_WIDTH / 2, (isDigit ? DIGIT_HEIGHT : GLYPH_HEIGHT) / 2];
  const { x, y } = glyphMiddle(glyph);
  setCorners(frame, x, y, across, down);
  REACHES[frame * 2] = across / GLYPH_CELL;
  REACHES[frame * 2 + 1] = down / GLYPH_CELL;
}

/** The middle of the cell of a shape, pixels of the atlas. */
export function shapeMiddle(frame: number): { readonly x: number; readonly y: number } {
  const row = Math.floor(frame / SHAPES_PER_ROW);
  return { x: ((frame % SHAPES_PER_ROW) + 0.5) * SHAPE_CELL, y: (row + 0.5) * SHAPE_CELL };
}

/** The middle of the cell of a character, pixels of the atlas; 0 is the first character. */
export function glyphMiddle(glyph: number): { readonly x: number; readonly y: number } {
  const row = Math.floor(glyph / GLYPHS_PER_ROW);
  return {
    x: ((glyph % GLYPHS_PER_ROW) + 0.5) * GLYPH_CELL,
    y: (SHAPES / SHAPES_PER_ROW) * SHAPE_CELL + (row + 0.5) * GLYPH_CELL,
  };
}

function setCorners(frame: number, x: number, y: number, across: number, down: number): void {
  const word = (atX: number, atY: number): number =>
    ((Math.round((atY / ATLAS_HEIGHT) * 0xffff) << 16) | Math.round((atX / ATLAS_WIDTH) * 0xffff)) >>> 0;
  CORNERS.set(
    [word(x - across, y - down), word(x + across, y - down), word(x + across, y + down), word(x - across, y + down)],
    frame * 4,
  );
}
