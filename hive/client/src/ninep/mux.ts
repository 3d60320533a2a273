// Many 9P requests in flight on one connection, matched by tag. A request ends with its reply, with its deadline, when
// it is cancelled, or with the connection; the first of these wins, and a tag is used again only when the server has
// certainly forgotten it (reply received, or Rflush after a Tflush).
//
// Tags 0 to `requestsMax - 1` are for requests and the `FLUSHES_MAX` after them for flushes, so that a full window
// can still be flushed. Anything a correct server cannot send ends the connection. Source: 9P2000.L, flush(5).

import { ByteWriter, putU32 } from '@cohesix/bytes';
import {
  codeOfErrno,
  create9pSplitter,
  decodeR,
  encodeT,
  FAULT,
  type FrameSplitter,
  NOTAG,
  ok,
  type Refusal,
  type RefusalCode,
  type Result,
  RFLUSH,
  RLERROR,
  type RMessage,
  RREAD,
  RREADDIR,
  refusal,
  refuse,
  TFLUSH,
  type TMessage,
  TVERSION,
  TWALK,
  TWRITE,
  TWRITE_HEADER_BYTES,
  WIRE_LIMITS,
} from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import type { Cancel, Timers } from '../timers.ts';

/** Flushes in flight at a time; further ones wait. */
const FLUSHES_MAX = 2;

/** Bytes set aside for a message without data; it grows when they do not do. */
const ROOM_USUAL = 64;

/** Data of a write from which on it is sent behind its header instead of in one array with it. */
const SENT_APART_MIN = 4096;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Requests that wait for a tag; one more is refused with `limit`. */
const WAITING_MAX = 1024;

type WithoutTag<M> = M extends unknown ? Omit<M, 'tag'> : never;

/** A request without its tag. */
export type Request = WithoutTag<TMessage>;

/** The reply of a given type. */
export type Reply<Type extends RMessage['type']> = Extract<RMessage, { readonly type: Type }>;

/** How one request may end early. */
export interface CallOptions<Type extends RMessage['type']> {
  /** Milliseconds until `timeout`; `undefined` waits for ever. */
  readonly deadlineMs: number | undefined;
  /** Says what is wrong with a reply of the right type: then the server is broken and the connection ends. */
  readonly check?: (reply: Reply<Type>) => string | undefined;
  /** Called once when it is certain what the server did, which may be after the request ended early. Not called when
   * the connection ends before. */
  readonly whenKnown?: (fate: Fate<Type>) => void;
}

/** What the server did with a request: answered, refused, or never heard of it or forgot it (flushed). */
export type Fate<Type extends RMessage['type']> =
  | { readonly kind: 'answered'; readonly reply: Reply<Type>; readonly isLate: boolean }
  | { readonly kind: 'refused' }
  | { readonly kind: 'forgotten' };

/** A request under way. */
export interface Call<Type extends RMessage['type']> {
  readonly reply: Promise<Result<Reply<Type>>>;
  /** Ends it with `cancelled` unless it has ended. */
  cancel(): void;
}

interface Pending {
  readonly request: Request;
  readonly expect: RMessage['type'];
  readonly check: (reply: RMessage) => string | undefined;
  readonly whenKnown: (fate: Fate<RMessage['type']>) => void;
  readonly settle: (result: Result<RMessage>) => void;
  tag: number | undefined;
  isSettled: boolean;
  isFateKnown: boolean;
  cancelDeadline: Cancel;
}

/** A Tflush under way. */
interface Flush {
  readonly target: Pending;
  readonly cancelDeadline: Cancel;
}

/** What a mux is made with. */
export interface MuxOptions {
  /** Requests in flight, 1 to 65,000. */
  readonly requestsMax: number;
  /** Largest frame accepted until `lowerSizeMax`. */
  readonly sizeMax: number;
  /** How long a Tflush may stay unanswered before the connection is given up. */
  readonly flushDeadlineMs: number;
  readonly timers: Timers;
}

/** The multiplexer. It starts the transport; nobody else may. */
export class Mux {
  readonly #transport: ByteTransport;
  readonly #options: MuxOptions;
  readonly #splitter: FrameSplitter;
  #sizeMax: number;
  readonly #byTag = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  readonly #freeTags: number[] = [];
  readonly #freeFlushTags: number[] = [];
  readonly #toFlush: Pending[] = [];
  readonly #flushes = new Map<number, Flush>();
  #failure: Refusal | undefined;
  /** Refusals that the server sent, as opposed to those made here. */
  readonly #fromHive = new WeakSet<Refusal>();

  constructor(transport: ByteTransport, options: MuxOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#splitter = create9pSplitter(options.sizeMax);
    this.#sizeMax = options.sizeMax;
    for (let tag = options.requestsMax - 1; tag >= 0; tag--) this.#freeTags.push(tag);
    for (let index = 0; index < FLUSHES_MAX; index++) this.#freeFlushTags.push(options.requestsMax + index);
    transport.start({
      data: (chunk) => this.#receive(chunk),
      closed: (reason) => this.fail(refusal('unreachable', `The connection to the hive ended: ${reason}.`)),
    });
  }

  /** The negotiated msize: frames above it break the connection from now on. */
  lowerSizeMax(sizeMax: number): void {
    this.#sizeMax = Math.min(this.#sizeMax, sizeMax);
    this.#splitter.setBounds({ sizeMax: this.#sizeMax });
  }

  /** Sends a request as soon as a tag is free. The reply is of type `expect`, or a refusal. */
  call<Type extends RMessage['type']>(request: Request, expect: Type, options: CallOptions<Type>): Call<Type> {
    let settle: (result: Result<RMessage>) => void = () => {};
    const reply = new Promise<Result<RMessage>>((resolve) => {
      settle = resolve;
    }) as Promise<Result<Reply<Type>>>;
    const pending: Pending = {
      request,
      expect,
      check: (options.check ?? nothingWrong) as (reply: RMessage) => string | undefined,
      whenKnown: (options.whenKnown ?? ignore) as (fate: Fate<RMessage['type']>) => void,
      settle,
      tag: undefined,
      isSettled: false,
      isFateKnown: false,
      cancelDeadline: ignore,
    };
    this.#begin(pending, options.deadlineMs);
    return { reply, cancel: () => this.#endEarly(pending, refusal('cancelled')) };
  }

  #begin(pending: Pending, deadlineMs: number | undefined): void {
    const refused = this.#failure ?? this.#tooMany();
    if (refused !== undefined) {
      pending.whenKnown(FORGOTTEN);
      settle(pending, { ok: false, refusal: refused });
      return;
    }
    if (deadlineMs !== undefined) {
      const late = (): void => this.#endEarly(pending, refusal('timeout', `No answer within ${deadlineMs} ms.`));
      pending.cancelDeadline = this.#options.timers.after(deadlineMs, late);
    }
    this.#waiting.push(pending);
    this.#sendWaiting();
  }

  #tooMany(): Refusal | undefined {
    if (this.#waiting.length < WAITING_MAX) return undefined;
    return refusal('limit', `More than ${WAITING_MAX} operations wait on this connection.`);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      const isVersion = this.#waiting[0]?.request.type === TVERSION;
      const tag = isVersion ? NOTAG : this.#freeTags.pop();
      const pending = tag === undefined ? undefined : this.#waiting.shift();
      if (tag === undefined || pending === undefined) return;
      pending.tag = tag;
      this.#byTag.set(tag, pending);
      if (!this.#send({ ...pending.request, tag } as TMessage)) this.#unsendable(pending);
    }
  }

  /** False, with nothing sent, when the message does not fit a frame. */
  #send(message: TMessage): boolean {
    if (message.type === TWRITE && message.data.length >= SENT_APART_MIN) return this.#sendPiece(message);
    const room = message.type === TWRITE ? TWRITE_HEADER_BYTES + message.data.length : ROOM_USUAL;
    const writer = new ByteWriter({ sizeStart: room, sizeMax: this.#sizeMax });
    if (!encodeT(writer, message)) return false;
    this.#transport.send(writer.view());
    return true;
  }

  /** A large write as its header and its data, which then is not copied once more. */
  #sendPiece(message: Extract<TMessage, { readonly type: typeof TWRITE }>): boolean {
    const { data } = message;
    const size = TWRITE_HEADER_BYTES + data.length;
    if (size > this.#sizeMax) return false;
    const writer = new ByteWriter({ sizeStart: TWRITE_HEADER_BYTES, sizeMax: TWRITE_HEADER_BYTES });
    if (!encodeT(writer, { ...message, data: NO_BYTES })) return false;
    const header = writer.view();
    putU32(header, 0, size);
    putU32(header, TWRITE_HEADER_BYTES - 4, data.length);
    this.#transport.send(header);
    this.#transport.send(data);
    return true;
  }

  /** Only names and tickets can be too long here; no file has such a name. */
  #unsendable(pending: Pending): void {
    this.#forget(pending);
    pending.whenKnown(FORGOTTEN);
    settle(pending, refuse(pending.request.type === TWALK ? 'invalid-path' : 'too-big'));
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const splitter = this.#splitter;
    splitter.push(chunk);
    let step = splitter.next();
    for (; step === 'frame' && this.#failure === undefined; step = splitter.next()) {
      const wrong = this.#handle(splitter);
      if (wrong !== undefined) this.#broken(wrong);
    }
    if (step !== 'more' && step !== 'frame') this.#broken(`a frame of ${splitter.declaredSize} bytes`);
  }

  /** Takes one frame; what is wrong with it, if anything. */
  #handle({ bytes, start, end }: FrameSplitter): string | undefined {
    const decoded = decodeR(bytes, start, end, { ...WIRE_LIMITS, msize: this.#sizeMax });
    if (decoded.type === FAULT) return decoded.detail;
    const message = owned(decoded);
    const flush = this.#flushes.get(message.tag);
    if (flush !== undefined) return this.#flushed(flush, message);
    const pending = this.#byTag.get(message.tag);
    if (pending === undefined || pending.isFateKnown) return `a reply to no request, tag ${message.tag}`;
    if (message.type !== RLERROR && message.type !== pending.expect) {
      return `a reply of type ${message.type} to a request of type ${pending.request.type}`;
    }
    const wrong = message.type === RLERROR ? undefined : pending.check(message);
    if (wrong === undefined) this.#answered(pending, message);
    return wrong;
  }

  #answered(pending: Pending, message: RMessage): void {
    pending.isFateKnown = true;
    const isLate = pending.isSettled;
    pending.whenKnown(message.type === RLERROR ? REFUSED : { kind: 'answered', reply: message, isLate });
    if (isLate) return;
    this.#forget(pending);
    settle(pending, message.type === RLERROR ? this.#refusedBy(message.ecode) : ok(message));
    this.#sendWaiting();
  }

  #refusedBy(ecode: number): Result<never> {
    const code = codeOfErrno(ecode);
    return this.refusedByHive(code, code === 'internal' ? `The server answered errno ${ecode}.` : undefined);
  }

  /** A refusal that the server made, in whatever way it said so. */
  refusedByHive(code: RefusalCode, detail?: string): Result<never> {
    const why = refusal(code, detail);
    this.#fromHive.add(why);
    return { ok: false, refusal: why };
  }

  /** Whether a refusal was sent by the server; any other was made here. */
  isFromHive(why: Refusal): boolean {
    return this.#fromHive.has(why);
  }

  /** Deadline or cancel: settles now; the tag comes back with Rflush. */
  #endEarly(pending: Pending, why: Refusal): void {
    if (pending.isSettled) return;
    settle(pending, { ok: false, refusal: why });
    if (pending.tag === undefined) {
      this.#waiting.splice(this.#waiting.indexOf(pending), 1);
      pending.whenKnown(FORGOTTEN);
      return;
    }
    this.#toFlush.push(pending);
    this.#sendFlushes();
  }

  #sendFlushes(): void {
    while (this.#toFlush.length > 0) {
      const tag = this.#freeFlushTags.pop();
      const target = tag === undefined ? undefined : this.#toFlush.shift();
      if (tag === undefined || target?.tag === undefined) return;
      const giveUp = (): void => this.fail(refusal('unreachable', 'The hive does not answer a flush.'));
      const cancelDeadline = this.#options.timers.after(this.#options.flushDeadlineMs, giveUp);
      this.#flushes.set(tag, { target, cancelDeadline });
      this.#send({ type: TFLUSH, tag, oldtag: target.tag });
    }
  }

  #flushed(flush: Flush, message: RMessage): string | undefined {
    if (message.type !== RFLUSH && message.type !== RLERROR) return `a reply of type ${message.type} to a flush`;
    flush.cancelDeadline();
    this.#flushes.delete(message.tag);
    this.#freeFlushTags.push(message.tag);
    const { target } = flush;
    this.#forget(target);
    if (!target.isFateKnown) {
      target.isFateKnown = true;
      target.whenKnown(FORGOTTEN);
    }
    this.#sendFlushes();
    this.#sendWaiting();
    return undefined;
  }

  #forget(pending: Pending): void {
    if (pending.tag === undefined) return;
    this.#byTag.delete(pending.tag);
    if (pending.tag !== NOTAG) this.#freeTags.push(pending.tag);
  }

  #broken(why: string): void {
    this.fail(refusal('invalid-frame', `The server broke the protocol: ${why}.`));
  }

  /** Ends the connection: everything under way and everything later answers `failure`. Only the first call counts. */
  fail(failure: Refusal): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const { cancelDeadline } of this.#flushes.values()) cancelDeadline();
    this.#flushes.clear();
    const unanswered = [...this.#byTag.values(), ...this.#waiting.splice(0)];
    this.#byTag.clear();
    this.#toFlush.length = 0;
    for (const pending of unanswered) settle(pending, { ok: false, refusal: failure });
    if (failure.code === 'closed') this.#transport.close();
    else this.#transport.destroy();
  }
}

/** The splitter lends its bytes until the next chunk; a reply is read later, so it gets a copy. */
function owned(message: RMessage): RMessage {
  return message.type === RREAD || message.type === RREADDIR ? { ...message, data: message.data.slice() } : message;
}

const REFUSED = { kind: 'refused' } as const;
const FORGOTTEN = { kind: 'forgotten' } as const;

function settle(pending: Pending, result: Result<RMessage>): void {
  if (pending.isSettled) return;
  pending.isSettled = true;
  pending.cancelDeadline();
  pending.settle(result);
}

function nothingWrong(): undefined {
  return undefined;
}

function ignore(): void {}
