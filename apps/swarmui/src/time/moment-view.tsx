// A moment on the screen: in words, and to the millisecond as its title.

import type { ReactNode } from 'react';
import { exactText, momentText, relativeText } from './moment.ts';

interface MomentProps {
  /** Ms since 1970. */
  readonly atMs: number;
  /** From where it is seen: then it is told as `in 4 min`. */
  readonly nowMs?: number | undefined;
}

/** The moment. */
export function Moment({ atMs, nowMs }: MomentProps): ReactNode {
  return (
    <time title={exactText(atMs)} dateTime={exactText(atMs)}>
      {nowMs === undefined ? momentText(atMs) : relativeText(atMs, nowMs)}
    </time>
  );
}
