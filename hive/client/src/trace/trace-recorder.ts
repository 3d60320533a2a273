// Records a session for a `.trace`: the 9P messages of its connections, the lines it was given and how they ended.
//
// A request and its answer are one exchange, and exchanges are kept in the order of the answers: a replay that answers
// in this order gives a parked read its answer when the recorded one came. What was never answered (flushed, or under
// way at the end) is kept with an empty response, so that every request that was sent is in the trace once.
//
// The trace ends between two lines. When a bound is reached within one, recording stops and what that line did is cut off.

import { decodeUtf8, getU16, utf8Length } from '@cohesix/bytes';
import { parseAnswer, TFLUSH } from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import type { RecordedLine } from './recorded-lines.ts';
import { RecordedTransport, type Turn } from './recorded-transport.ts';
import { SecretMask } from './secret-mask.ts';
import {
  ackBytes,
  exchangeBytes,
  TRACE_ACK_BYTES_MAX,
  TRACE_BYTES_MAX,
  TRACE_BYTES_MIN,
  TRACE_FAULTS,
  TRACE_FRAME_BYTES_MAX,
  type Trace,
  type TraceExchange,
} from './trace-file.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** How a recorder is made. */
export interface TraceRecorderOptions {
  /** What tickets look like anywhere in a text, with the flag `g`; none of them gets into a recording. */
  readonly secret: RegExp;
  readonly turn: Turn;
  /** Called once when recording stops before its end, with a sentence that says why. */
  readonly onStopped?: (why: string) => void;
}

/** What was recorded, without tickets. */
export interface Recording {
  readonly trace: Trace;
  /** The lines that the session was given, in order: with them the trace is replayed. */
  readonly lines: readonly RecordedLine[];
}

/** A request that has no answer yet. */
interface Asked {
  readonly request: Uint8Array;
}

/** How much there was at a moment between two events. */
interface Moment {
  readonly exchanges: number;
  readonly acks: number;
  readonly lines: number;
  readonly unanswered: readonly Asked[];
}

/** Records one session with all its connections. */
export class TraceRecorder {
  readonly #mask: SecretMask;
  readonly #turn: Turn;
  readonly #onStopped: (why: string) => void;
  readonly #exchanges: TraceExchange[] = [];
  readonly #acks: string[] = [];
  readonly #lines: RecordedLine[] = [];
  /** In the order in which they were sent. */
  readonly #unanswered = new Set<Asked>();
  #bytes = TRACE_BYTES_MIN;
  #lineBytes = 0;
  /** When the line under way began; undefined between lines. */
  #begun: Moment | undefined;
  /** When recording stopped; undefined while it goes on. */
  #end: Moment | undefined;

  constructor({ secret, turn, onStopped = () => {} }: TraceRecorderOptions) {
    this.#mask = new SecretMask(secret);
    this.#turn = turn;
    this.#onStopped = onStopped;
  }

  /** Wraps the transport of a 9P connection; what passes is recorded and not changed. */
  record(transport: ByteTransport): ByteTransport {
    const byTag = new Map<number, Asked>();
    const watcher = {
      request: (frame: Uint8Array) => this.#ask(byTag, frame),
      response: (frame: Uint8Array) => this.#answer(byTag, frame),
      broken: () => this.#stop('Something passed that is no 9P message.'),
    };
    return new RecordedTransport(transport, { watcher, turn: this.#turn });
  }

  /** A line begins. */
  begin(line: string): void {
    if (this.#end !== undefined) return;
    this.#begun = this.#now();
    this.#lineBytes += utf8Length(line) + 1;
    if (this.#lineBytes > TRACE_BYTES_MAX) this.#stop(`The lines have more than ${TRACE_BYTES_MAX} bytes.`);
    else this.#lines.push({ after: this.#exchanges.length, text: line });
  }

  /** The line has ended: all its answer was heard. */
  ended(): void {
    this.#begun = undefined;
  }

  /** A line of the transcript; kept when it is an acknowledgement. */
  heard(line: string): void {
    const ack = ackOf(line);
    if (ack === undefined || !this.#takes(ackBytes(ack))) return;
    this.#acks.push(ack);
  }

  /** Ends the recording. A line that is under way is not in it. */
  finish(): Recording {
    this.#end ??= this.#begun ?? this.#now();
    const { exchanges, acks, lines, unanswered } = this.#end;
    for (const { request } of [...this.#exchanges, ...this.#unanswered]) this.#mask.learn(request);
    const open = unanswered.map(({ request }) => ({ request, response: NO_BYTES }));
    return {
      trace: {
        exchanges: [...this.#exchanges.slice(0, exchanges), ...open].map(({ request, response }) => ({
          request: this.#mask.message(request),
          response: this.#mask.message(response),
        })),
        acks: this.#acks.slice(0, acks).map((line) => this.#mask.line(line)),
      },
      lines: this.#lines.slice(0, lines).map(({ after, text }) => ({ after, text: this.#mask.command(text) })),
    };
  }

  #ask(byTag: Map<number, Asked>, request: Uint8Array): void {
    if (!this.#takes(exchangeBytes({ request, response: NO_BYTES }), request)) return;
    const asked = { request };
    byTag.set(tagOf(request), asked);
    this.#unanswered.add(asked);
  }

  /** An answer to nothing is the peer's fault, and the client ends the connection. */
  #answer(byTag: Map<number, Asked>, response: Uint8Array): void {
    const asked = byTag.get(tagOf(response));
    if (asked === undefined || !this.#takes(response.length, response)) return;
    byTag.delete(tagOf(response));
    // Rflush: the server has forgotten what was flushed.
    const flushed = asked.request[4] === TFLUSH ? byTag.get(getU16(asked.request, 7)) : undefined;
    if (flushed !== undefined) {
      byTag.delete(tagOf(flushed.request));
      this.#close(flushed, NO_BYTES);
    }
    this.#close(asked, response);
  }

  #close(asked: Asked, response: Uint8Array): void {
    this.#unanswered.delete(asked);
    this.#exchanges.push({ request: asked.request, response });
  }

  /** Whether `bytes` more still fit, for `frame` if it is one; when not, recording stops. */
  #takes(bytes: number, frame: Uint8Array = NO_BYTES): boolean {
    if (this.#end !== undefined) return false;
    if (frame.length > TRACE_FRAME_BYTES_MAX) this.#stop(TRACE_FAULTS['frame-too-large']);
    else if (this.#bytes + bytes > TRACE_BYTES_MAX) this.#stop(TRACE_FAULTS['too-large']);
    else this.#bytes += bytes;
    return this.#end === undefined;
  }

  #stop(why: string): void {
    if (this.#end !== undefined) return;
    this.#end = this.#begun ?? this.#now();
    this.#onStopped(why);
  }

  #now(): Moment {
    return {
      exchanges: this.#exchanges.length,
      acks: this.#acks.length,
      lines: this.#lines.length,
      unanswered: [...this.#unanswered],
    };
  }
}

/** A line of the transcript as it is kept and compared: its first 256 bytes; undefined for a line of data. */
export function ackOf(line: string): string | undefined {
  if (parseAnswer(line).kind === 'data') return undefined;
  if (utf8Length(line) <= TRACE_ACK_BYTES_MAX) return line;
  const bytes = new TextEncoder().encode(line);
  let end = TRACE_ACK_BYTES_MAX;
  while (decodeUtf8(bytes, 0, end) === undefined) end--;
  return decodeUtf8(bytes, 0, end);
}

function tagOf(message: Uint8Array): number {
  return getU16(message, 5);
}
