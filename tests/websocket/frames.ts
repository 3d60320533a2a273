// 9P messages as bytes and back, from their text forms, for clients that a test writes by hand.

import { ByteWriter } from '@cohesix/bytes';
import {
  create9pSplitter,
  decodeR,
  encodeT,
  FAULT,
  formatMessage,
  parseMessage,
  type TMessage,
  WIRE_LIMITS,
} from '@cohesix/wire';

/** The frames of messages given as text. @throws Error when one does not parse. */
export function framesOf(messages: readonly string[]): Uint8Array {
  const writer = new ByteWriter({ sizeMax: 1 << 24 });
  for (const text of messages) {
    const message = parseMessage(text);
    if (!message.ok) throw new Error(`${text}: ${message.refusal.detail}`);
    encodeT(writer, message.value as TMessage);
  }
  return writer.copy();
}

/** The answers in bytes that were received, as text; of one that is not whole yet nothing. */
export function answersIn(bytes: Uint8Array): readonly string[] {
  const splitter = create9pSplitter(1 << 20);
  splitter.push(bytes);
  const answers: string[] = [];
  while (splitter.next() === 'frame') {
    const message = decodeR(splitter.bytes, splitter.start, splitter.end, { ...WIRE_LIMITS, msize: 1 << 20 });
    answers.push(message.type === FAULT ? `fault ${message.detail}` : formatMessage(message));
  }
  return answers;
}

/** What begins every session. */
export const VERSION = "Tversion tag NOTAG msize 8192 version '9P2000.L'";

/** Tattach with tag 1 and a ticket. */
export function attachText(ticket: string): string {
  return `Tattach tag 1 fid 1 afid NOFID uname '' aname '${ticket}' n_uname NONUNAME`;
}
