// Requests to what has to be made before it can be looked at (`TreeSource.ready`): they wait in `connection.pending` and are then
// handled as if they came in that moment.

import { type Result, refusal } from '@cohesix/wire';
import type { NinepConnection } from './connection.ts';
import type { Fid } from './fid.ts';
import { answerLater } from './settle.ts';

/** A request on a fid. */
interface Asked {
  readonly fid: Fid;
  readonly op: string;
  /** What it waits for; of the fid's own spot when absent. */
  readonly ready?: Promise<Result<void>>;
}

/** Acts at once, or when what is asked for was made; a flush or the end of the fid gives the request up. */
export function onceReady(connection: NinepConnection, tag: number, { fid, op, ready }: Asked, act: () => void): void {
  const { session, spot } = fid;
  const waits = ready ?? spot.entry.ready();
  if (waits === undefined) return act();
  if (connection.pending.isFull) {
    return connection.refuse(tag, refusal('limit', 'Too many requests are waiting.'), session, op, spot.visible);
  }
  answerLater(connection, { tag, fid: fid.number, cancel: () => undefined, flushTags: [] }, waits, (made) => {
    if (!made.ok) return connection.refuse(tag, made.refusal, session, op, spot.visible);
    const alive = connection.door.check(session);
    if (!alive.ok) return connection.refuse(tag, alive.refusal, session, op, spot.visible);
    act();
  });
}
