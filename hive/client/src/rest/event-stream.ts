// Server-sent events (HTML Living Standard, section 9.2) out of the pieces of a body. Bounded: an event that does not end
// is a broken stream. Lines end in LF or CRLF, as those of every server we know; a lone CR, which the standard allows too,
// does not end one here. A comment is a sign of life and nothing else.

import { concatBytes } from '../concat-bytes.ts';

/** One event. */
export interface StreamEvent {
  /** `message` when it has no name of its own. */
  readonly name: string;
  /** Lines of data joined by LF. */
  readonly data: string;
  /** The last id of the stream so far; empty when there was none. */
  readonly id: string;
}

/** Bytes of one event: a chunk of 64 KiB in base64, and its fields. */
const EVENT_BYTES_MAX: number = 1 << 18;

const LF = 0x0a;

/** Takes bytes, gives whole events. */
export class EventStreamReader {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #name = '';
  #data: string[] = [];
  #dataBytes = 0;
  #id = '';

  /** The events that end in these bytes, in order; undefined when one is over the bound, and the reader of no more use. */
  take(bytes: Uint8Array): readonly StreamEvent[] | undefined {
    const cut = bytes.lastIndexOf(LF) + 1;
    this.#hold(cut === 0 ? bytes : bytes.subarray(0, cut));
    if (this.#heldBytes > EVENT_BYTES_MAX + bytes.length) return undefined;
    if (cut === 0) return [];
    const text = new TextDecoder().decode(concatBytes(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
    this.#hold(bytes.subarray(cut));
    return this.#linesOf(text);
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
  }

  #linesOf(text: string): readonly StreamEvent[] | undefined {
    const events: StreamEvent[] = [];
    for (const line of text.slice(0, -1).split('\n')) {
      const event = this.#endOfLine(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event !== undefined) events.push(event);
      if (this.#dataBytes > EVENT_BYTES_MAX) return undefined;
    }
    return events;
  }

  #endOfLine(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') {
      this.#data.push(value);
      this.#dataBytes += value.length + 1;
    } else if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  /** The standard drops an event without data; here one with a name is told, its id is what matters. */
  #dispatch(): StreamEvent | undefined {
    const isNothing = this.#data.length === 0 && this.#name === '';
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n'), id: this.#id };
    this.#name = '';
    this.#data = [];
    this.#dataBytes = 0;
    return isNothing ? undefined : event;
  }
}
