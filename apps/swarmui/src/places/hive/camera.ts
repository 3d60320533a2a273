// What part of the world is seen: the point in the middle and the zoom. Positions on the screen are CSS pixels from the upper left corner
// of the stage. Everything here answers a new camera; nothing is moved in place.

import type { Point } from './hex.ts';
import type { Box } from './layout.ts';

/** Where one looks from. */
export interface Camera extends Point {
  /** Pixels of the screen for a unit of the world. */
  readonly zoom: number;
}

/** Width and height of the stage, CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How far one can go out and in. */
export const ZOOM_MIN = 0.1;
export const ZOOM_MAX = 4;
/** A small fleet is not blown up beyond this when all of it is shown. */
const FIT_ZOOM_MAX = 2;
const FIT_MARGIN_PX = 16;

/** A zoom within its bounds. */
function clampZoom(zoom: number): number {
  return Math.min(Math.max(zoom, ZOOM_MIN), ZOOM_MAX);
}

/** The camera that shows all of a box. */
export function fit(box: Box, { width, height }: Size): Camera {
  const across = Math.max(width - 2 * FIT_MARGIN_PX, 1) / Math.max(box.right - box.left, 1);
  const down = Math.max(height - 2 * FIT_MARGIN_PX, 1) / Math.max(box.bottom - box.top, 1);
  return {
    x: (box.left + box.right) / 2,
    y: (box.top + box.bottom) / 2,
    zoom: clampZoom(Math.min(across, down, FIT_ZOOM_MAX)),
  };
}

/** Moved by so many pixels of the screen, as a drag does. */
export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom };
}

/** Nearer by a factor; what is at `at` on the screen stays there. */
export function zoomed(camera: Camera, factor: number, size: Size, at: Point = middleOf(size)): Camera {
  const zoom = clampZoom(camera.zoom * factor);
  const world = toWorld(camera, size, at);
  const middle = middleOf(size);
  return { x: world.x - (at.x - middle.x) / zoom, y: world.y - (at.y - middle.y) / zoom, zoom };
}

/** The point of the world at a point of the screen. */
export function toWorld(camera: Camera, size: Size, at: Point): Point {
  const middle = middleOf(size);
  return { x: camera.x + (at.x - middle.x) / camera.zoom, y: camera.y + (at.y - middle.y) / camera.zoom };
}

/** What of the world is seen, and `margin` units around it. */
export function seen(camera: Camera, { width, height }: Size, margin = 0): Box {
  const across = width / 2 / camera.zoom + margin;
  const down = height / 2 / camera.zoom + margin;
  return { left: camera.x - across, right: camera.x + across, top: camera.y - down, bottom: camera.y + down };
}

/** Whether a point lies in a box. */
export function isIn({ left, right, top, bottom }: Box, x: number, y: number): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}

function middleOf({ width, height }: Size): Point {
  return { x: width / 2, y: height / 2 };
}
