// Requests to a gateway: each with the ticket, its own deadline and the session's name, sent again only where that changes
// nothing. What is sent again: a request the gateway had no room for (429, after the wait it asks for), a read whose answer
// was lost, and a write whose answer was lost, when its idempotency key reaches the same gateway again: the gateway then
// tells the first answer and writes nothing. A gateway that was started since does not know the key, and refuses the retry.

import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import { concatBytes } from '../concat-bytes.ts';
import { sleep, type Timers } from '../timers.ts';
import type { HttpAnswer, HttpFailure, HttpRequest, HttpSender } from './http-sender.ts';
import { answerOf, type Fields } from './rest-answer.ts';

/** Times a request is sent at most. */
const ATTEMPTS = 4;

/** Milliseconds before a request is sent again when nobody says how long to wait; doubles. */
const BACKOFF_MS = 100;

/** Bytes of an answer that is JSON: 1 MiB of content as escaped lines, and its fields. */
const JSON_BYTES_MAX: number = 1 << 23;

/** Keys told in one request. */
const HEARD_MAX = 64;

/** Which process of a gateway answers; a write that is sent again says which one it means. */
const INSTANCE = 'x-cohesix-instance';

/** What a link is made of. */
export interface LinkOptions {
  /** `http://host:port` or `https://host:port`, with a path when a proxy puts the gateway below one; no slash at its end. */
  readonly base: string;
  readonly ticket: string;
  /** Milliseconds for each operation's answer, waits included. */
  readonly deadlineMs: number;
  readonly timers: Timers;
  readonly send: HttpSender;
}

/** One request, without what all have. */
export interface Ask {
  readonly method: HttpRequest['method'];
  /** Below the base: `/v1/fs/ls`. */
  readonly route: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: Fields;
  readonly content?: AsyncIterable<Uint8Array>;
  readonly accept?: string;
  /** A write, which this key names: the gateway carries it out once. */
  readonly key?: string;
  /** Factor of the deadline, for a store that syncs. Default 1. */
  readonly deadlines?: number;
  /** Content that is an answer by itself: bytes at most. Without it the answer is JSON. */
  readonly bytesMax?: number;
}

/** An answer that was read to its end. */
export type Read =
  | { readonly kind: 'json'; readonly fields: Fields }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** An answer whose body is still to come. */
export interface Opened {
  readonly answer: HttpAnswer;
  /** Gives it up; idempotent. */
  readonly abort: () => void;
}

type Outcome =
  | Result<Read>
  | HttpFailure
  | { readonly kind: 'full'; readonly waitMs: number; readonly refused: Result<Read> };

/** Requests of one session. */
export class RestLink {
  readonly #options: LinkOptions;
  readonly #session: string = randomName();
  readonly #under = new Set<AbortController>();
  #heardAtMs = 0;
  /** Keys whose answer was heard since the last write: the gateway need not remember them. */
  #heard: string[] = [];
  #instance: string | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get timers(): Timers {
    return this.#options.timers;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When an answer was read last, by `timers`. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Ends everything that is under way, which answers `closed`; idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const controller of this.#under) controller.abort();
  }

  /** Asks and reads the answer's fields. */
  async ask(ask: Ask): Promise<Result<Fields>> {
    const read = await this.read(ask);
    if (!read.ok) return read;
    return read.value.kind === 'json' ? ok(read.value.fields) : refuse('invalid-frame', 'The gateway sent no JSON.');
  }

  /** Asks and reads the whole answer; sends again as the header of this file says. */
  async read(ask: Ask): Promise<Result<Read>> {
    const { timers, deadlineMs } = this.#options;
    const until = timers.nowMs() + deadlineMs * (ask.deadlines ?? 1);
    const instance = this.#instance;
    let lost: string | undefined;
    for (let attempt = 0; ; attempt++) {
      if (this.#isClosed) return refuse('closed');
      const leftMs = until - timers.nowMs();
      const outcome = await this.#once(ask, leftMs, lost === undefined ? undefined : instance);
      if (!('kind' in outcome)) return this.#answered(ask, outcome);
      if (this.#isClosed) return lostOrClosed(ask, lost);
      if (outcome.kind === 'lost') lost = outcome.why;
      const waitMs = outcome.kind === 'full' ? outcome.waitMs : BACKOFF_MS * 2 ** attempt;
      const isLast = attempt + 1 >= ATTEMPTS || timers.nowMs() + waitMs >= until;
      if (isLast || !maySendAgain(ask, { outcome, lost, instance })) return this.#gaveUp(ask, outcome, lost);
      await sleep(timers, waitMs);
    }
  }

  #answered({ key }: Ask, outcome: Result<Read>): Result<Read> {
    // The hive has ended the session: as over a connection, nothing more comes of it.
    if (!outcome.ok && outcome.refusal.code === 'closed') this.close();
    this.#heardAtMs = this.#options.timers.nowMs();
    const isKnown = outcome.ok || outcome.refusal.code !== 'timeout';
    if (key !== undefined && isKnown && this.#heard.length < HEARD_MAX) this.#heard.push(key);
    return outcome;
  }

  #gaveUp({ key }: Ask, outcome: Exclude<Outcome, Result<Read>>, lost: string | undefined): Result<Read> {
    const where = this.#options.base;
    if (key !== undefined && lost !== undefined) return refuse('timeout', unknownText(where, lost));
    if (outcome.kind === 'full') return outcome.refused;
    return refuse('unreachable', `No answer from ${where}: ${outcome.why}.`);
  }

  async #once(ask: Ask, deadlineMs: number, instance: string | undefined): Promise<Outcome> {
    const controller = this.#controller();
    let isLate = false;
    const cancel = this.#options.timers.after(Math.max(deadlineMs, 1), () => {
      isLate = true;
      controller.abort();
    });
    try {
      const answer = await this.#options.send(this.#request(ask, controller.signal, instance));
      if (answer.kind !== 'answer') return isLate ? lateAnswer(ask) : answer;
      this.#instance = answer.header(INSTANCE) ?? this.#instance;
      return await readAnswer(ask, answer);
    } catch (error) {
      if (isLate) return lateAnswer(ask);
      return { kind: 'lost', why: error instanceof Error ? error.message : String(error) };
    } finally {
      cancel();
      this.#under.delete(controller);
    }
  }

  /** Sends once and leaves the body to the caller, for streams; the deadline is that of the head. */
  async open(ask: Ask): Promise<Result<Opened>> {
    if (this.#isClosed) return refuse('closed');
    const controller = this.#controller();
    const abort = (): void => {
      controller.abort();
      this.#under.delete(controller);
    };
    const { timers, deadlineMs, send, base } = this.#options;
    const cancel = timers.after(deadlineMs, abort);
    const answer = await send(this.#request(ask, controller.signal, undefined));
    cancel();
    if (answer.kind === 'answer') {
      this.#instance = answer.header(INSTANCE) ?? this.#instance;
      return ok({ answer, abort });
    }
    abort();
    return this.#isClosed ? refuse('closed') : refuse('unreachable', `No answer from ${base}: ${answer.why}.`);
  }

  #controller(): AbortController {
    const controller = new AbortController();
    this.#under.add(controller);
    return controller;
  }

  #request(ask: Ask, signal: AbortSignal, instance: string | undefined): HttpRequest {
    const { method, route, query, json, content, accept = 'application/json', key } = ask;
    const { base, ticket } = this.#options;
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const body = json === undefined ? content : JSON.stringify(json);
    const heard = key === undefined ? [] : this.#heard.splice(0);
    const type = json === undefined ? 'application/octet-stream' : 'application/json';
    return {
      method,
      url: `${base}${route}${search}`,
      headers: {
        accept,
        authorization: `Bearer ${ticket}`,
        'x-cohesix-session': this.#session,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(heard.length === 0 ? {} : { 'x-cohesix-settled': heard.join(',') }),
        ...(instance === undefined ? {} : { 'x-cohesix-expect-instance': instance }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
    };
  }
}

/** Reads the whole body of an answer; @throws when the connection breaks. */
async function readAnswer({ bytesMax }: Ask, answer: HttpAnswer): Promise<Outcome> {
  const { status } = answer;
  const isContent = status === 200 && bytesMax !== undefined && !isJson(answer);
  const bytes = await bodyOf(answer, isContent ? bytesMax : JSON_BYTES_MAX);
  if (bytes === undefined) return refuse('too-big', `The answer has more than ${bytesMax ?? JSON_BYTES_MAX} bytes.`);
  if (isContent) return ok({ kind: 'bytes', bytes });
  const fields = answerOf(status, new TextDecoder().decode(bytes));
  const refused: Result<Read> = fields.ok ? ok({ kind: 'json', fields: fields.value }) : fields;
  return status === 429 ? { kind: 'full', waitMs: waitOf(answer), refused } : refused;
}

/** The body of an answer; undefined when it is over the bound. @throws when the connection breaks. */
export async function bodyOf({ body }: HttpAnswer, bytesMax: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    pieces.push(piece);
    total += piece.length;
    if (total > bytesMax) return undefined;
  }
  return concatBytes(pieces, total);
}

/** Whether an answer is JSON of the gateway (also a problem), not content. */
export function isJson(answer: HttpAnswer): boolean {
  return /^application\/(?:problem\+)?json\b/i.test(answer.header('content-type') ?? '');
}

/** Milliseconds that `Retry-After` asks for (RFC 9110, section 10.2.3: whole seconds); a date is not honoured. */
function waitOf(answer: HttpAnswer): number {
  const seconds = /^\d{1,6}$/.exec(answer.header('retry-after') ?? '')?.[0];
  return seconds === undefined ? BACKOFF_MS : Math.max(Number(seconds) * 1000, BACKOFF_MS);
}

interface Tried {
  readonly outcome: Exclude<Outcome, Result<Read>>;
  readonly lost: string | undefined;
  readonly instance: string | undefined;
}

function maySendAgain({ key, content }: Ask, { outcome, lost, instance }: Tried): boolean {
  // What is read once cannot be sent twice.
  if (content !== undefined) return false;
  if (outcome.kind === 'full') return true;
  if (lost === undefined) return false;
  return key === undefined || instance !== undefined;
}

function lateAnswer({ key }: Ask): Result<never> {
  return refuse('timeout', key === undefined ? 'No answer in time.' : undefined);
}

function lostOrClosed({ key }: Ask, lost: string | undefined): Result<never> {
  return key !== undefined && lost !== undefined ? refuse('timeout') : { ok: false, refusal: refusal('closed') };
}

function unknownText(where: string, why: string): string {
  return `The answer of ${where} was lost (${why}): whether it was written is unknown.`;
}

/** A name nobody guesses: 128 random bits. */
export function randomName(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
