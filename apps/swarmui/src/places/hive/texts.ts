// Names and numbers in a picture, character by character from the atlas: of the queen, of combs, of workers, of marks.

import { GLYPH_ADVANCE, GLYPH_CELL, GLYPH_PX, glyphFrame } from './frames.ts';
import type { Instances } from './instances.ts';
import type { Comb } from './layout.ts';

/** Sizes of text, CSS pixels. */
export const NAME_PX = 12;
const LABEL_PX = 9;
const COUNT_PX_MIN = 8;
const COUNT_PX_MAX = 20;
const KIND_PX_MIN = 9;
const KIND_PX_MAX = 12;
/** A mark so wide, in pixels, has room for a word under its count. */
const KIND_ROOM_PX = 54;
const TEXT_MAX = 24;

/** Size of the label of a worker at a zoom, units of the world: readable from far, somewhat larger near. */
export function labelSize(zoom: number): number {
  return Math.min(Math.max(LABEL_PX * zoom, LABEL_PX), LABEL_PX * 1.4) / zoom;
}

/** Text with its middle at a point; `size`: of the font, in units of the world. */
export function write(instances: Instances, text: string, x: number, y: number, size: number, color: number): void {
  const length = Math.min(text.length, TEXT_MAX);
  const advance = size * GLYPH_ADVANCE;
  const side = (size * GLYPH_CELL) / GLYPH_PX;
  const from = x - ((length - 1) * advance) / 2;
  for (let at = 0; at < length; at += 1)
    instances.add(from + at * advance, y, side, glyphFrame(text.charCodeAt(at)), color, 1);
}

/** The name of a comb, above it. */
export function combName(instances: Instances, comb: Comb, zoom: number, color: number): void {
  if (comb.named === undefined) return;
  const y = comb.y - comb.radius - (NAME_PX * 0.8) / zoom;
  write(instances, `${comb.kind} ${comb.named}`, comb.x, y, NAME_PX / zoom, color);
}

/** How a mark is written on. */
export interface MarkLook {
  /** Its diameter, and how far the next one is, units of the world. */
  readonly size: number;
  readonly apart: number;
  readonly zoom: number;
  readonly color: number;
}

/** How many are under a mark; and of which kind they are: in it where there is room, else under the one that bears the name of its kind. */
export function markTexts(instances: Instances, comb: Comb, { size: side, apart, zoom, color }: MarkLook): void {
  const across = side * zoom;
  const size = Math.min(Math.max(across * 0.3, COUNT_PX_MIN), COUNT_PX_MAX);
  const small = Math.min(Math.max(across * 0.13, KIND_PX_MIN), KIND_PX_MAX);
  const isInside = across > KIND_ROOM_PX && widthOf(comb.kind, small) < across;
  const count = String(comb.members.length);
  if (widthOf(count, size) <= across + 4)
    write(instances, count, comb.x, comb.y - (isInside ? (size * 0.35) / zoom : 0), size / zoom, color);
  if (isInside) write(instances, comb.kind, comb.x, comb.y + (size * 0.55) / zoom, small / zoom, color);
  else if (comb.named !== undefined && widthOf(comb.kind, small) < apart * zoom)
    write(instances, comb.kind, comb.x, comb.y + (across / 2 + small * 0.75) / zoom, small / zoom, color);
}

function widthOf(text: string, size: number): number {
  return text.length * size * GLYPH_ADVANCE;
}
