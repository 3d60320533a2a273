// What goes over a bus or a radio is bytes; in a line they are the line's own text or, for any bytes, `base64:` and base64
// (RFC 4648, section 4). Not `b64:`, which the source has for lines of content: the console would have to escape it there.

import { ok, type Result, refuse } from '@cohesix/wire';
import { utf8Size } from '../../kernel/text.ts';

/** What a line begins with whose payload is base64. */
const PREFIX = 'base64:';

/** Bytes of the payload of a line. Refuses with `invalid-payload` what is no base64, and an empty payload. */
export function payloadSize(line: string): Result<number> {
  if (!line.startsWith(PREFIX)) return ok(utf8Size(line));
  const text = line.slice(PREFIX.length);
  if (text === '') return refuse('invalid-payload', 'The payload is empty.');
  if (!isBase64(text)) return refuse('invalid-payload', 'What follows base64: is not base64 with its padding.');
  return ok((text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0));
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
