// When two requests are the same one: what may differ between a session and its replay is left out. That is the tag, the
// tag that Tflush names, and in what is written the ids that a client makes up anew each time (UUIDs, of approvals).

import { HEADER_BYTES, TFLUSH, TWRITE } from '@cohesix/wire';
import { latin1Of } from './secret-mask.ts';

const TAG_AT = 5;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The same text for requests that are the same. */
export function requestKey(request: Uint8Array): string {
  const plain = request.slice();
  plain.fill(0, TAG_AT, HEADER_BYTES);
  if (plain[4] === TFLUSH) plain.fill(0, HEADER_BYTES, HEADER_BYTES + 2);
  const text = latin1Of(plain);
  return plain[4] === TWRITE ? text.replace(UUID, '<uuid>') : text;
}
