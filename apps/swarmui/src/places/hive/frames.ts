// The pictures of the atlas, by number: shapes in a row of large cells, then the printable characters of ASCII in small ones. The shader
// and whoever paints the atlas agree on these figures.

/** Shapes. */
export const FRAME = {
  /** A disc with a sharp edge. */
  disc: 0,
  /** A disc that fades outwards. */
  glow: 1,
  ring: 2,
  bee: 3,
  queen: 4,
  /** A bee that is not running yet. */
  outline: 5,
  thinRing: 6,
} as const;

/** The atlas in pixels: WIDTH by HEIGHT, a row of shapes, then rows of characters. */
export const ATLAS_WIDTH = 1024;
export const ATLAS_HEIGHT = 512;
export const SHAPE_CELL = 128;
export const GLYPH_CELL = 64;
export const SHAPES: number = ATLAS_WIDTH / SHAPE_CELL;
export const GLYPHS_PER_ROW: number = ATLAS_WIDTH / GLYPH_CELL;
/** Size of the characters in their cells, pixels. */
export const GLYPH_PX = 44;
/** From one character to the next, in sizes of the font: JetBrains Mono has one width for all. */
export const GLYPH_ADVANCE = 0.6;
/** First and last character. */
export const GLYPH_FIRST = 32;
export const GLYPH_LAST = 126;

/** The frame of a character, by its code; a question mark for those that are not there. */
export function glyphFrame(code: number): number {
  return SHAPES + (code >= GLYPH_FIRST && code <= GLYPH_LAST ? code : 63) - GLYPH_FIRST;
}
