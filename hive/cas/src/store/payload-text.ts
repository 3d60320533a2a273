// What a line or a write carries into a blob: raw bytes, or `b64:` and base64 for doors that have only text. The LF that ends a line
// is not part of the content. Source: contracts-1, section 5.8.

import { fromBase64 } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';

const PREFIX: Uint8Array = new TextEncoder().encode('b64:');
const LF = 0x0a;

/**
 * The bytes that `written` stands for. Of raw bytes an LF at the end goes only when they are over `room`, since content may
 * end with one. Refuses `b64:` with anything but canonical base64 after it (`invalid-payload`).
 */
export function payloadOf(written: Uint8Array, room: number): Result<Uint8Array> {
  const line = written.at(-1) === LF ? written.subarray(0, -1) : written;
  if (!PREFIX.every((byte, index) => written[index] === byte)) return ok(written.length > room ? line : written);
  const text = new TextDecoder().decode(line.subarray(PREFIX.length));
  const bytes = fromBase64(text);
  return bytes === undefined
    ? refuse('invalid-payload', 'After b64: there must be base64 with its padding.')
    : ok(bytes);
}
