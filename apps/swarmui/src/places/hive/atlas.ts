// The atlas: every picture of `frames.ts`, painted white on a canvas, to be coloured when it is drawn. Only circles and soft shapes.

import {
  ATLAS_HEIGHT,
  ATLAS_WIDTH,
  FRAME,
  GLYPH_FIRST,
  GLYPH_LAST,
  GLYPH_PX,
  glyphMiddle,
  LIT_LEVELS,
  LIT_SIDE,
  SHAPE_CELL,
  shapeMiddle,
} from './frames.ts';

type Painter = CanvasRenderingContext2D;

/** From the middle of a cell to the edge of a shape: a pixel or two are left free, so that neighbours do not shine in. */
const REACH: number = SHAPE_CELL / 2 - 3;

/** Side of the white square of which only the middle is read: far from its neighbours, which are read at coarser sizes. */
const SOLID = 32;
/** How opaque the warmest glow is. */
const LIT_ALPHA = 0.45;
/** Part of the radius of a glow that does not fade. */
const GLOW_EVEN = 0.35;

/** Paints the atlas. The font must be loaded (`fontLoaded`). @throws Error when the browser gives no canvas. */
export function paintAtlas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = ATLAS_WIDTH;
  canvas.height = ATLAS_HEIGHT;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('expected a 2D canvas, this browser has none');
  context.fillStyle = '#fff';
  context.strokeStyle = '#fff';
  for (const [name, frame] of Object.entries(FRAME))
    inCell(context, frame, () => SHAPES[name as keyof typeof FRAME](context));
  for (let level = 1; level < LIT_LEVELS; level += 1)
    inCell(context, FRAME.lit + level, () => lit(context, (level + 1) / LIT_LEVELS));
  glyphs(context);
  return canvas;
}

function inCell(context: Painter, frame: number, paint: () => void): void {
  const { x, y } = shapeMiddle(frame);
  context.save();
  context.translate(x, y);
  paint();
  context.restore();
}

/** Waits until the font of the labels is there, or cannot be had: then another one is used. */
export async function fontLoaded(): Promise<void> {
  await document.fonts.load(`${GLYPH_PX}px ${fontFamily()}`, '0').catch(() => undefined);
}

const SHAPES: Readonly<Record<keyof typeof FRAME, (context: Painter) => void>> = {
  disc: (context) => circle(context, 0, 0, REACH, 'fill'),
  solid: (context) => context.fillRect(-SOLID / 2, -SOLID / 2, SOLID, SOLID),
  glow,
  ring: (context) => {
    context.lineWidth = 9;
    circle(context, 0, 0, REACH - 5, 'stroke');
  },
  bee,
  lit: (context) => lit(context, 1 / LIT_LEVELS),
  outline: (context) => {
    wings(context);
    context.lineWidth = 7;
    body(context);
    context.stroke();
  },
  queen: (context) => {
    wings(context);
    body(context);
    context.fill();
    stripes(context);
    for (const at of [-17, 0, 17]) circle(context, at, -52 + Math.abs(at) / 3, 6.5, 'fill');
  },
};

function glow(context: Painter): void {
  const gradient = context.createRadialGradient(0, 0, 0, 0, 0, REACH);
  // Even under what glows, then quadratic, as light of a lamp behind paper.
  gradient.addColorStop(0, '#fff');
  for (let step = 0; step <= 10; step += 1)
    gradient.addColorStop(
      GLOW_EVEN + (step / 10) * (1 - GLOW_EVEN),
      `rgb(255 255 255 / ${((1 - step / 10) ** 2).toFixed(3)})`,
    );
  context.fillStyle = gradient;
  circle(context, 0, 0, REACH, 'fill');
}

function bee(context: Painter): void {
  wings(context);
  body(context);
  context.fill();
  stripes(context);
}

/** A bee in a glow that is LIT_SIDE times as wide. */
function lit(context: Painter, warmth: number): void {
  context.save();
  context.globalAlpha = LIT_ALPHA * warmth;
  glow(context);
  context.restore();
  context.scale(1 / LIT_SIDE, 1 / LIT_SIDE);
  bee(context);
}

/** Two soft wings behind the body. */
function wings(context: Painter): void {
  context.save();
  context.globalAlpha = 0.45;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.ellipse(side * 31, -16, 26, 17, side * -0.5, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
}

function body(context: Painter): void {
  context.beginPath();
  context.ellipse(0, 6, 33, 44, 0, 0, 2 * Math.PI);
}

/** Cut out of the body, so that they are of the colour of what is behind. */
function stripes(context: Painter): void {
  context.save();
  context.globalCompositeOperation = 'destination-out';
  context.globalAlpha = 0.6;
  body(context);
  context.clip();
  for (const y of [4, 26]) context.fillRect(-40, y, 80, 9);
  context.restore();
}

function circle(context: Painter, x: number, y: number, radius: number, how: 'fill' | 'stroke'): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context[how]();
}

function glyphs(context: Painter): void {
  context.font = `600 ${GLYPH_PX}px ${fontFamily()}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let code = GLYPH_FIRST; code <= GLYPH_LAST; code += 1) {
    const { x, y } = glyphMiddle(code - GLYPH_FIRST);
    context.fillText(String.fromCharCode(code), x, y);
  }
}

function fontFamily(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--font-code').trim() || 'monospace';
}
