// Replays a trace: stands in for the hive below the real 9P client, and compares what happens with what was recorded.
//
// A request gets the answer that the first equal one of the trace got, and answers leave in the order of the trace: a
// read that was parked is parked again until its turn. Equal is said in request-key.ts. The first difference, be it a
// request that the trace does not hold or another acknowledgement, ends all connections and is kept.

import { getU16, putU16 } from '@cohesix/bytes';
import { decodeT, FAULT, HEADER_BYTES, TATTACH, TVERSION, WIRE_LIMITS } from '@cohesix/wire';
import type { ByteHandlers, ByteTransport } from '../byte-transport.ts';
import type { AttachOptions } from '../ninep/fid-session.ts';
import { FrameTap } from './frame-tap.ts';
import type { Turn } from './recorded-transport.ts';
import { requestKey } from './request-key.ts';
import { SecretMask } from './secret-mask.ts';
import type { Trace } from './trace-file.ts';
import { ackOf } from './trace-recorder.ts';
import { requestTexts } from './trace-text.ts';

/** What a session was attached with, its ticket masked. */
export type RecordedAttach = Pick<AttachOptions, 'role' | 'subject' | 'ticket' | 'msize'>;

/** Where a replay first went another way than its recording. */
export interface TraceDifference {
  /** `acknowledgement 3` or `request 12`, counted from 1. */
  readonly what: string;
  /** What the trace holds there; a sentence in brackets when it holds nothing. */
  readonly recorded: string;
  readonly now: string;
}

/** How a replay is made. */
export interface TraceReplayOptions {
  readonly turn: Turn;
  /** As `TraceRecorderOptions.secret`: what was masked then is masked now. */
  readonly secret: RegExp;
}

interface Entry {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  /** Who asked; undefined while nobody has. */
  claim: { readonly connection: ReplayTransport; readonly tag: number } | undefined;
}

const NOTHING = '(nothing: the trace ends here)';
const NOT_NOW = '(nothing: the lines end here)';

/** One replay of one trace. */
export class TraceReplay {
  readonly #trace: Trace;
  readonly #turn: Turn;
  readonly #mask: SecretMask;
  readonly #entries: readonly Entry[];
  /** Key of a request → entries that nobody asked for yet, first one first. */
  readonly #unasked = new Map<string, Entry[]>();
  readonly #connections: ReplayTransport[] = [];
  /** Entries before this one have been answered. */
  #next = 0;
  #ackCount = 0;
  /** Exchanges that may be over at this moment. */
  #allowed = Number.POSITIVE_INFINITY;
  /** Requests and answers so far. */
  #steps = 0;
  #isDelivering = false;
  #isOver = false;
  #difference: TraceDifference | undefined;

  constructor(trace: Trace, { turn, secret }: TraceReplayOptions) {
    this.#trace = trace;
    this.#turn = turn;
    this.#mask = new SecretMask(secret);
    this.#entries = trace.exchanges.map(({ request, response }) => ({ request, response, claim: undefined }));
    for (const entry of this.#entries) {
      const key = requestKey(this.#mask.message(entry.request));
      const same = this.#unasked.get(key);
      if (same === undefined) this.#unasked.set(key, [entry]);
      else same.push(entry);
    }
  }

  /** A connection; as many as the recorded session made. */
  transport(): ByteTransport {
    const connection = new ReplayTransport((request) => this.#ask(connection, request));
    this.#connections.push(connection);
    return connection;
  }

  /** The sessions that were attached before anything else was done, in order. */
  firstAttaches(): readonly RecordedAttach[] {
    const attaches: RecordedAttach[] = [];
    let msize: number | undefined;
    for (const { request } of this.#entries) {
      const message = decodeT(request, 0, request.length, WIRE_LIMITS);
      if (message.type === FAULT || (message.type !== TVERSION && message.type !== TATTACH)) break;
      if (message.type === TVERSION) msize = message.msize;
      else attaches.push(attachOf(message.uname, message.aname, msize));
    }
    return attaches;
  }

  /** A line of the transcript; an acknowledgement must be the recorded one. */
  heard(line: string): void {
    const ack = ackOf(line);
    if (ack === undefined || this.#isOver) return;
    const now = this.#mask.line(ack);
    const recorded = this.#trace.acks[this.#ackCount];
    this.#ackCount++;
    if (now !== recorded) this.#differ(`acknowledgement ${this.#ackCount}`, { recorded: recorded ?? NOTHING, now });
  }

  /** Answers only the first `count` exchanges from now on; all when it is undefined. */
  allow(count: number | undefined): void {
    this.#allowed = count ?? Number.POSITIVE_INFINITY;
    this.#advance();
  }

  /** Resolves when nothing more happens by itself: then the next line may be given. */
  async quiet(): Promise<void> {
    let seen: number;
    do {
      seen = this.#steps;
      await new Promise<void>((resolve) => this.#turn(resolve));
    } while (this.#isDelivering || seen !== this.#steps);
  }

  /** The first difference so far. */
  get difference(): TraceDifference | undefined {
    return this.#difference;
  }

  /** Ends the replay, once all lines were given and it is quiet. The first difference; also what was left over. */
  end(): TraceDifference | undefined {
    if (this.#isOver) return this.#difference;
    this.#isOver = true;
    const ack = this.#trace.acks[this.#ackCount];
    const left = this.#entries.findIndex(({ claim }) => claim === undefined);
    const unasked = this.#entries[left];
    if (ack !== undefined) this.#differ(`acknowledgement ${this.#ackCount + 1}`, { recorded: ack, now: NOT_NOW });
    else if (unasked !== undefined) {
      this.#differ(`request ${left + 1}`, { recorded: textOf(unasked.request), now: NOT_NOW });
    }
    return this.#difference;
  }

  #ask(connection: ReplayTransport, request: Uint8Array): void {
    if (this.#isOver) return;
    this.#steps++;
    const masked = this.#mask.message(request);
    const entry = this.#unasked.get(requestKey(masked))?.shift();
    if (entry !== undefined) {
      entry.claim = { connection, tag: getU16(request, HEADER_BYTES - 2) };
      this.#advance();
      return;
    }
    const expected = this.#entries.findIndex(({ claim }) => claim === undefined);
    const recorded = this.#entries[expected];
    const what = `request ${(recorded === undefined ? this.#entries.length : expected) + 1}`;
    this.#differ(what, { recorded: recorded === undefined ? NOTHING : textOf(recorded.request), now: textOf(masked) });
  }

  /**
   * Has the next answer of the trace delivered, if it was asked for; passes over what was never answered. Each answer
   * has a turn of its own, as in the recording.
   */
  #advance(): void {
    if (this.#isDelivering) return;
    while (this.#head?.claim !== undefined && this.#head.response.length === 0) this.#next++;
    if (this.#head?.claim === undefined) return;
    this.#isDelivering = true;
    this.#turn(() => this.#deliver());
  }

  #deliver(): void {
    this.#isDelivering = false;
    const entry = this.#head;
    if (this.#isOver || entry?.claim === undefined) return;
    this.#next++;
    this.#steps++;
    const { connection, tag } = entry.claim;
    connection.deliver(withTag(entry.response, tag));
    this.#advance();
  }

  /** The exchange whose turn it is. */
  get #head(): Entry | undefined {
    return this.#next < this.#allowed ? this.#entries[this.#next] : undefined;
  }

  #differ(what: string, sides: Omit<TraceDifference, 'what'>): void {
    this.#difference ??= { what, ...sides };
    this.#isOver = true;
    for (const connection of this.#connections) connection.end('the replay differs from the trace');
  }
}

/** uname is `role` or `role:subject`. */
function attachOf(uname: string, ticket: string, msize: number | undefined): RecordedAttach {
  const [role = '', ...subject] = uname.split(':');
  return {
    role,
    ticket,
    ...(subject.length === 0 ? {} : { subject: subject.join(':') }),
    ...(msize === undefined ? {} : { msize }),
  };
}

function withTag(response: Uint8Array, tag: number): Uint8Array {
  const answer = response.slice();
  if (answer.length >= HEADER_BYTES) putU16(answer, HEADER_BYTES - 2, tag);
  return answer;
}

function textOf(request: Uint8Array): string {
  return requestTexts(request).join(' ');
}

/** A connection to a trace. What is asked is bounded by the trace, so it never needs to hold anything. */
class ReplayTransport implements ByteTransport {
  readonly #requests = new FrameTap();
  readonly #ask: (request: Uint8Array) => void;
  #handlers: ByteHandlers | undefined;
  #isClosed = false;

  constructor(ask: (request: Uint8Array) => void) {
    this.#ask = ask;
  }

  start(handlers: ByteHandlers): void {
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (const { frame } of this.#requests.feed(bytes)) this.#ask(frame);
    if (this.#requests.isBroken) this.end('what was sent is no message');
  }

  deliver(response: Uint8Array): void {
    if (!this.#isClosed) this.#handlers?.data(response);
  }

  /** The client is told later, never from within a call of its own. */
  end(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => this.#handlers?.closed(reason));
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.end('closed');
  }

  destroy(): void {
    this.end('closed');
  }
}
