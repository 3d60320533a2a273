// What a reader is given in the place of bytes that are gone. In a stream of lines it is the line
//
//   ~ lost bytes=<count> next=<cursor>[ unknown=<count>]
//
// and in a stream of frames one CBOR map of a schema of its own, with the same fields. `bytes` are known to have been
// there, `next` is the cursor of the byte that comes now. `unknown` stands there after a crash only: so many cursors lie
// between of which nobody knows whether they were ever given out.

import { encodeCbor, encodeUtf8 } from '@cohesix/bytes';

/** `schema` of the frame that stands in the place of lost ones. */
export const LOSS_SCHEMA = 'telemetry-loss/v1';

/** What is gone. */
export interface Loss {
  /** Bytes that were there. */
  readonly bytes: number;
  /** Cursor of the byte that comes next. */
  readonly next: number;
  /** Cursors that a crash left in doubt; 0 usually. */
  readonly unknown: number;
}

/** The line, with LF before it when the client has only a part of the line before. */
export function lossLine({ bytes, next, unknown }: Loss, isInLine: boolean): Uint8Array {
  const doubt = unknown === 0 ? '' : ` unknown=${unknown}`;
  return encodeUtf8(`${isInLine ? '\n' : ''}~ lost bytes=${bytes} next=${next}${doubt}\n`);
}

/** The frame. */
export function lossFrame({ bytes, next, unknown }: Loss): Uint8Array {
  return encodeCbor({ schema: LOSS_SCHEMA, bytes, next, ...(unknown === 0 ? {} : { unknown }) });
}
