// Tread, Twrite and Tclunk of stored files: each waits for its store, in `connection.pending`, and is answered whatever
// order the stores finish in.

import {
  beginRread,
  endRread,
  ok,
  type Result,
  refusal,
  refuse,
  type Tread,
  type Twrite,
  writeRclunk,
} from '@cohesix/wire';
import { type Meter, meterAt } from '../session.ts';
import type { OpenStored } from '../stored.ts';
import type { NinepConnection } from './connection.ts';
import type { Fid } from './fid.ts';
import type { Pending } from './pending.ts';
import { answerLater, answerWrite } from './settle.ts';

/** Reads from a store; a flush or the end of the fid gives the read up. */
export function readStored(
  connection: NinepConnection,
  { tag, offset }: Tread,
  fid: Fid,
  file: OpenStored,
  count: number,
): void {
  const { session, spot } = fid;
  if (connection.pending.isFull) {
    return connection.refuse(tag, refusal('limit', 'Too many requests are waiting.'), session, 'read', spot.visible);
  }
  const answer = (read: Result<Uint8Array>): void => {
    // Reads that overlap were each allowed what was left; what they cost together is known only now.
    const result = read.ok ? paidFor(read.value, meterAt(session, spot)) : read;
    if (!result.ok) return connection.refuse(tag, result.refusal, session, 'read', spot.visible);
    const at = beginRread(connection.out, tag, result.value.length);
    connection.out.bytes.set(result.value, at);
    endRread(connection.out, at, result.value.length);
  };
  // Nothing lies beyond what a number can count.
  const isBeyond = offset > Number.MAX_SAFE_INTEGER || count === 0;
  const reading = isBeyond ? Promise.resolve(ok(NO_BYTES)) : file.read(Number(offset), count);
  answerLater(connection, { tag, fid: fid.number, cancel: () => undefined, flushTags: [] }, reading, answer);
}

function paidFor(bytes: Uint8Array, meter: Meter | undefined): Result<Uint8Array> {
  const paid = meter?.bytes(bytes.length) ?? ok(undefined);
  return paid.ok ? ok(bytes) : paid;
}

/** From here on an offset says: where the content ends. No file is that long, and a client writes `~0` (io_uring, Plan 9). */
const OFFSET_AT_END = 2n ** 63n;

const NO_BYTES = new Uint8Array(0);

/** Hands a piece to the store; answered when that keeps it. */
export function writeStored(connection: NinepConnection, message: Twrite, fid: Fid, file: OpenStored): void {
  const { tag, offset, data } = message;
  const count = data.length;
  // The connection's buffer is used again before the store is done with the bytes.
  const { bytes, release } = connection.pieces.copy(data);
  const isBeyond = offset < OFFSET_AT_END && offset > Number.MAX_SAFE_INTEGER;
  const writing = isBeyond
    ? Promise.resolve(refuse('too-big', 'No file is that long.'))
    : file.append({ offset: offset >= OFFSET_AT_END ? undefined : Number(offset), bytes });
  void writing.then(release, release);
  const pending: Pending = { tag, fid: fid.number, cancel: undefined, flushTags: [] };
  answerLater(connection, pending, writing, (result) => answerWrite(connection, tag, fid, count, result));
}

/** Answers a clunk once the store has closed the file; what it refuses then is the answer, and the fid is gone all the same. */
export function clunkStored(connection: NinepConnection, tag: number, fid: Fid, file: OpenStored): void {
  const pending: Pending = { tag, fid: fid.number, cancel: undefined, flushTags: [] };
  answerLater(connection, pending, file.close(), (closed) => {
    if (closed.ok) writeRclunk(connection.out, tag);
    else connection.refuse(tag, closed.refusal, fid.session, 'clunk', fid.spot.visible);
  });
}
