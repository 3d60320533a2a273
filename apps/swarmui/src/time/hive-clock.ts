// The time of the hive. Deadlines are by its clock; that of this machine may be minutes away from it, and a count-down by the wrong one would
// let somebody decide on what has ended.

import { ok, type Result } from '@cohesix/wire';
import type { Content } from '../files/content.ts';
import type { Reading } from '../files/reads.ts';

/** The hive says its time where every ticket may read it. */
export const CLOCK_PATH = '/proc/self/session';
/** How far two readings may be apart and still be the same: a request takes that long. */
const SAME_MS = 500;

/** How a clock is read: by how much it is ahead of the one of this machine, ms. A hive that does not say counts as being right with it. */
export const CLOCK: Reading<number> = {
  name: 'clock',
  read: async (client, path): Promise<Result<number>> => {
    const askedMs = Date.now();
    const text = await client.read(path);
    return text.ok ? ok(aheadBy(new TextDecoder().decode(text.value), (askedMs + Date.now()) / 2)) : text;
  },
  isSame: (one, other) => Math.abs(one - other) < SAME_MS,
};

/** By how much the hive of such a text is ahead of a moment, ms; 0 when the text has no time. */
function aheadBy(text: string, localMs: number): number {
  const nowMs = /(?:^|\s)now_ms=(\d{1,15})(?:\s|$)/.exec(text)?.[1];
  return nowMs === undefined ? 0 : Number(nowMs) - localMs;
}

/** The hive's time at a moment of this machine; that moment itself while the clock has not been read. */
export function hiveTime(localMs: number, clock: Content<number>): number {
  return clock.kind === 'here' ? localMs + clock.value : localMs;
}
