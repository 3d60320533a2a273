// What the transfers share: charging what was read, answering a write, and taking a request out of the waiting ones.

import { type Result, writeRflush, writeRwrite } from '@cohesix/wire';
import type { Meter } from '../session.ts';
import type { NinepConnection } from './connection.ts';
import type { Fid } from './fid.ts';
import type { Pending } from './pending.ts';

/** Charges bytes that were read and remembers how far that was. */
export function charge({ session, spot, open }: Fid, meter: Meter, offset: bigint, count: number): void {
  meter.bytes(count);
  if (open?.kind === 'stream') session.cursorAt(spot.entry, offset + BigInt(count));
}

/** Removes a request whose answer has been written and answers the flushes that waited for it. */
export function settle(connection: NinepConnection, pending: Pending): void {
  pending.cancel?.();
  connection.pending.take(pending);
  for (const flushTag of pending.flushTags) writeRflush(connection.out, flushTag);
  connection.scheduleFlush();
}

/** Answers when `work` has ended, unless the request was given up or the connection is gone by then. */
export function answerLater<T>(
  connection: NinepConnection,
  pending: Pending,
  work: Promise<T>,
  answer: (result: T) => void,
): void {
  connection.pending.add(pending);
  void work.then((result) => {
    if (connection.isClosed || !connection.pending.take(pending)) return;
    answer(result);
    settle(connection, pending);
  });
}

/** Answers a write of `count` bytes. */
export function answerWrite(
  connection: NinepConnection,
  tag: number,
  fid: Fid,
  count: number,
  result: Result<void>,
): void {
  if (result.ok) writeRwrite(connection.out, tag, count);
  else connection.refuse(tag, result.refusal, fid.session, 'write', fid.spot.visible);
}
