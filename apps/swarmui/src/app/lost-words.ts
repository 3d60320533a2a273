// The words of the banner of a lost connection.

import type { Phase } from '../session/session.ts';
import { clockText } from '../time/moment.ts';

/** What it says. */
export interface LostWords {
  readonly title: string;
  readonly detail: string;
  /** When the next attempt is made. */
  readonly next: string;
}

/** Words for a session that connects, at a moment; ms since 1970. */
export function lostWords(
  { why, lostAtMs, nextAtMs }: Omit<Extract<Phase, { kind: 'connecting' }>, 'kind' | 'attempt'>,
  nowMs: number,
): LostWords {
  const next =
    nextAtMs === undefined ? 'Trying…' : `Trying again in ${Math.max(1, Math.ceil((nextAtMs - nowMs) / 1000))} s`;
  if (lostAtMs === undefined) {
    const detail = why === undefined ? '' : `${why.detail} Is the hive running? coh up starts it.`;
    return { title: why === undefined ? 'Connecting…' : 'No connection to the hive.', detail, next };
  }
  const since = clockText(lostAtMs);
  const detail = `What you see is of ${since} and may have changed. Nothing can be sent until the hive answers.`;
  return { title: 'The connection to the hive is lost.', detail, next };
}
