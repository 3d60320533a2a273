// Which line a key leads to on the slider.

/** Lines that Shift and an arrow, or a page key, go. */
const BIG = 10;

/** Where the slider stands. */
export interface Stand {
  readonly line: number;
  readonly last: number;
  /** Shift is held. */
  readonly isBig: boolean;
}

/** The line that a key leads to, within the journal; undefined for other keys. */
export function stepOf(key: string, { line, last, isBig }: Stand): number | undefined {
  const by = BY[key];
  if (key === 'Home') return 1;
  if (key === 'End') return last;
  if (by === undefined) return undefined;
  const step = isBig && Math.abs(by) === 1 ? by * BIG : by;
  return Math.min(last, Math.max(1, line + step));
}

const BY: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -BIG,
  PageUp: BIG,
};
