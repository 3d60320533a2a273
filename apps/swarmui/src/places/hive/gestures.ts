// The pointer on the stage: a drag pans, two fingers or the wheel zoom, and what is neither is a click. Small states, no DOM beyond events.

import type { Point } from './hex.ts';

/** What gestures do. */
export interface GesturePorts {
  readonly pan: (dx: number, dy: number) => void;
  readonly zoom: (factor: number, at: Point) => void;
  readonly click: (at: Point) => void;
}

/** A pointer that moved less, in pixels, was not dragged. */
const CLICK_PX = 4;
/** How much a notch of the wheel zooms; pixels of the wheel for a factor of e. */
const WHEEL_PX = 600;
const LINE_PX = 16;

export class Gestures {
  readonly #ports: GesturePorts;
  readonly #pointers = new Map<number, Point>();
  #began: Point | undefined;

  constructor(ports: GesturePorts) {
    this.#ports = ports;
  }

  down(id: number, at: Point): void {
    this.#pointers.set(id, at);
    this.#began = this.#pointers.size === 1 ? at : undefined;
  }

  move(id: number, at: Point): void {
    const before = this.#pointers.get(id);
    if (before === undefined) return;
    const other = [...this.#pointers].find(([one]) => one !== id)?.[1];
    if (other !== undefined) this.#pinch(before, at, other);
    else if (this.#began === undefined || apart(this.#began, at) > CLICK_PX) {
      this.#began = undefined;
      this.#ports.pan(at.x - before.x, at.y - before.y);
    } else return;
    this.#pointers.set(id, at);
  }

  up(id: number, at: Point): void {
    const isKnown = this.#pointers.delete(id);
    if (isKnown && this.#began !== undefined && apart(this.#began, at) <= CLICK_PX) this.#ports.click(at);
    this.#began = undefined;
  }

  /** The pointer is gone without a click. */
  cancel(id: number): void {
    this.#pointers.delete(id);
    this.#began = undefined;
  }

  /** `mode`: 0 pixels, 1 lines (DOM `WheelEvent.deltaMode`). */
  wheel(delta: number, mode: number, at: Point): void {
    const pixels = mode === 1 ? delta * LINE_PX : delta;
    this.#ports.zoom(Math.exp(-pixels / WHEEL_PX), at);
  }

  #pinch(before: Point, at: Point, other: Point): void {
    const was = apart(before, other);
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    if (was > 0) this.#ports.zoom(apart(at, other) / was, middle);
    this.#ports.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  }
}

function apart(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
