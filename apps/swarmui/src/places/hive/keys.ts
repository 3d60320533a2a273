// The keyboard on the stage, as a table: what each key means. Whoever has the stage carries it out.

import type { Direction } from './pick.ts';

/** What a key asks for. */
export type StageKey =
  | { readonly kind: 'move'; readonly direction: Direction }
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number }
  /** By place in the order of numbers. */
  | { readonly kind: 'jump'; readonly by: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'fit' | 'select' | 'clear' };

const PAN_PX = 80;
const ZOOM = 1.25;

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const PANS: Readonly<Record<Direction, readonly [number, number]>> = {
  left: [PAN_PX, 0],
  right: [-PAN_PX, 0],
  up: [0, PAN_PX],
  down: [0, -PAN_PX],
};

const OTHERS: Readonly<Record<string, StageKey>> = {
  '+': { kind: 'zoom', factor: ZOOM },
  '=': { kind: 'zoom', factor: ZOOM },
  '-': { kind: 'zoom', factor: 1 / ZOOM },
  '0': { kind: 'fit' },
  Enter: { kind: 'select' },
  ' ': { kind: 'select' },
  Escape: { kind: 'clear' },
  Home: { kind: 'jump', by: Number.NEGATIVE_INFINITY },
  End: { kind: 'jump', by: Number.POSITIVE_INFINITY },
  PageUp: { kind: 'jump', by: -10 },
  PageDown: { kind: 'jump', by: 10 },
};

/** What of a keyboard event matters here. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What a key means on the stage; undefined: nothing, it belongs to the page. */
export function stageKey({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyPress): StageKey | undefined {
  if (ctrlKey || altKey || metaKey) return undefined;
  const direction = ARROWS[key];
  if (direction === undefined) return OTHERS[key];
  if (!shiftKey) return { kind: 'move', direction };
  const [dx, dy] = PANS[direction];
  return { kind: 'pan', dx, dy };
}
