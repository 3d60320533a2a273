// What a line carries into a blob through a door that has only text: `b64:` and base64, or the text itself. The LF that ends a line
// is not part of the content: content that ends with one, or begins with `b64:`, is written at offsets or as base64. Source:
// contracts-1, section 5.8.

import { fromBase64 } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';

const PREFIX: Uint8Array = new TextEncoder().encode('b64:');
const LF = 0x0a;

/** The bytes that a line stands for. Refuses `b64:` with anything but canonical base64 after it (`invalid-payload`). */
export function payloadOf(line: Uint8Array): Result<Uint8Array> {
  const text = line.at(-1) === LF ? line.subarray(0, -1) : line;
  if (!PREFIX.every((byte, index) => text[index] === byte)) return ok(text);
  const bytes = fromBase64(new TextDecoder().decode(text.subarray(PREFIX.length)));
  return bytes === undefined
    ? refuse('invalid-payload', 'After b64: there must be base64 with its padding.')
    : ok(bytes);
}
