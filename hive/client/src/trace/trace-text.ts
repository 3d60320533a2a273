// A trace as text: each message as a line in the manner of 9P traces, an empty line after each exchange, and the
// acknowledgements at the end.

import { getU32, toHex } from '@cohesix/bytes';
import { decodeR, decodeT, FAULT, formatMessage, HEADER_BYTES, WIRE_LIMITS } from '@cohesix/wire';
import { TRACE_FRAME_BYTES_MAX, type Trace, type TraceExchange } from './trace-file.ts';

/** Bytes shown of what is no message. */
const SHOWN_BYTES_MAX = 64;

const LIMITS = { ...WIRE_LIMITS, msize: TRACE_FRAME_BYTES_MAX };

/** All of a trace. */
export function traceLines({ exchanges, acks }: Trace): readonly string[] {
  return [...exchanges.flatMap((exchange) => [...exchangeLines(exchange), '']), ...acks];
}

/** The messages of one exchange. */
function exchangeLines({ request, response }: TraceExchange): readonly string[] {
  const answer = response.length === 0 ? ['(not answered)'] : messageTexts(response, decodeR);
  return [...requestTexts(request), ...answer];
}

/** The messages of a request: one, or several where the recorder kept them together. */
export function requestTexts(request: Uint8Array): readonly string[] {
  return messageTexts(request, decodeT);
}

function messageTexts(bytes: Uint8Array, decode: typeof decodeT | typeof decodeR): readonly string[] {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + sizeAt(bytes, at);
    const message = decode(bytes, at, end, LIMITS);
    if (message.type === FAULT) texts.push(`? ${bytesText(bytes.subarray(at, end))}: ${message.detail}`);
    else texts.push(formatMessage(message));
    at = end;
  }
  return texts;
}

/** Bytes of the message that begins here; all that are left when no message does. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const left = bytes.length - at;
  const size = left < HEADER_BYTES ? left : getU32(bytes, at);
  return size >= HEADER_BYTES && size <= left ? size : left;
}

function bytesText(bytes: Uint8Array): string {
  const more = bytes.length > SHOWN_BYTES_MAX ? '…' : '';
  return `${bytes.length} x'${toHex(bytes.subarray(0, SHOWN_BYTES_MAX))}${more}'`;
}
