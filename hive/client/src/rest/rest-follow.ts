// A follow over server-sent events. The id of each event is the cursor behind it, so that a connection that is cut, or whose
// gateway or hive is started again, is taken up exactly there; what the hive no longer has then, it names as a gap.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { LocalFollow } from '../local-door.ts';
import { sleep } from '../timers.ts';
import { EventStreamReader, type StreamEvent } from './event-stream.ts';
import { Overlap } from './overlap.ts';
import { bigIn, codeNamed, fieldsOf } from './rest-answer.ts';
import { refusalOf } from './rest-content.ts';
import type { Opened, RestLink } from './rest-link.ts';

/** Milliseconds without a byte, comments counted, after which a connection is taken for dead: three heartbeats of 15 s. */
const SILENCE_MS = 45_000;

/** Attempts in a row to take up a follow that was cut, and the wait before each: doubling to 2 s (contracts-2, 7.5), a minute in all. */
const RESUMES_MAX = 32;
const BACKOFF_MS = 200;
const CEILING_MS = 2000;

type Next = Result<Uint8Array | undefined>;

/** A pulled follow that owns its connection. */
export class RestFollow implements LocalFollow {
  readonly #link: RestLink;
  readonly #path: string;
  #cursor: bigint;
  #source: Events;
  #ended: Result<undefined> | undefined;
  #resumes = 0;
  #wasCut = false;
  readonly #overlap = new Overlap();
  #wake: () => void = () => {};

  private constructor(link: RestLink, at: { readonly path: string; readonly cursor: bigint }, source: Events) {
    this.#link = link;
    this.#path = at.path;
    this.#cursor = at.cursor;
    this.#source = source;
  }

  /** Opens the stream at a cursor; without one at its end, which is asked for first, so that a cut loses nothing. */
  static async open(link: RestLink, path: string, from: bigint | undefined): Promise<Result<RestFollow>> {
    const cursor = from === undefined ? await endOf(link, path) : ok(from);
    if (!cursor.ok) return cursor;
    const source = await openEvents(link, path, cursor.value);
    return source.ok ? ok(new RestFollow(link, { path, cursor: cursor.value }, source.value)) : source;
  }

  /** Behind what was given so far. */
  get cursor(): bigint {
    return this.#cursor;
  }

  async next(): Promise<Next> {
    while (this.#ended === undefined) {
      const event = await this.#source.next();
      if (this.#ended !== undefined) break;
      const bytes = event === undefined ? await this.#resume() : this.#take(event);
      if (bytes !== undefined) return bytes;
    }
    return this.#ended;
  }

  /** What an event brings; undefined when it brings nothing to read. */
  #take(event: StreamEvent): Next | undefined {
    if (event.name === 'end') return this.#endedBy(event);
    const bytes = bytesOf(event);
    if (bytes === undefined)
      return this.#end(refuse('invalid-frame', 'The gateway sent an event that does not parse.'));
    const id = bigIn(event.id) ?? this.#cursor;
    if (bytes.length === 0) return this.#moved(event, id);
    if (this.#overlap.isComparing) return this.#compared(event, bytes);
    this.#cursor = id;
    this.#resumes = 0;
    this.#overlap.heard(bytes);
    return ok(bytes);
  }

  /** A stream whose end lies before what was heard of it is another one. Whoever begins beyond the end begins at the end. */
  #moved({ name }: StreamEvent, id: bigint): Next | undefined {
    if (name !== 'gap' || id >= this.#cursor) return undefined;
    if (this.#wasCut) return this.#beganAnew();
    this.#cursor = id;
    return undefined;
  }

  #compared(event: StreamEvent, bytes: Uint8Array): Next | undefined {
    switch (this.#overlap.compare(event, bytes)) {
      case 'anew':
        return this.#beganAnew();
      case 'lost':
        // What was to be compared is gone; from the cursor itself on the gap is told as it is.
        this.#overlap.heard(new Uint8Array(0));
        this.#source.stop();
        return undefined;
      default:
        this.#resumes = 0;
        return undefined;
    }
  }

  /** Everything the new stream has is new; that the old one has no end anybody knows, the marker line says. */
  #beganAnew(): Next {
    this.#overlap.end();
    this.#overlap.heard(new Uint8Array(0));
    this.#cursor = 0n;
    this.#source.stop();
    return ok(new TextEncoder().encode('~ lost bytes=0 next=0\n'));
  }

  /** The hive ended it; or the gateway did, because it closes or has lost the hive: both may come back. */
  #endedBy({ data }: StreamEvent): Next | undefined {
    const { code, detail } = fieldsOf(data) ?? {};
    const named = codeNamed(code);
    if (named === undefined || named === 'unreachable' || named === 'timeout') {
      this.#source.stop();
      return undefined; // The next event is that there is none, and the follow is taken up again.
    }
    return this.#end(refuse(named, typeof detail === 'string' ? detail : undefined));
  }

  /** Opens the stream again where it was cut; a refusal that time cannot mend ends the follow. */
  async #resume(): Promise<Next | undefined> {
    this.#source.stop();
    this.#wasCut = true;
    while (this.#ended === undefined) {
      if (this.#resumes >= RESUMES_MAX)
        return this.#end(refuse('unreachable', 'The stream was cut and did not come back.'));
      await this.#pause(Math.min(BACKOFF_MS * 2 ** this.#resumes++, CEILING_MS));
      if (this.#ended !== undefined) break;
      const from = this.#cursor - BigInt(this.#overlap.begin());
      const source = await openEvents(this.#link, this.#path, from);
      if (source.ok && this.#ended === undefined) {
        this.#source = source.value;
        return undefined;
      }
      if (source.ok) source.value.stop();
      else if (!mayComeBack(source)) return this.#end(source);
    }
    return undefined;
  }

  /** Waits; `stop` cuts it short. */
  async #pause(ms: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([stopped, sleep(this.#link.timers, ms)]);
  }

  stop(): void {
    this.#end(ok(undefined));
  }

  #end(result: Result<undefined>): Result<undefined> {
    this.#ended ??= result;
    this.#source.stop();
    this.#wake();
    return this.#ended;
  }
}

function mayComeBack(result: Result<unknown>): boolean {
  if (result.ok) return false;
  return ['unreachable', 'timeout', 'rate-limited', 'busy', 'limit'].includes(result.refusal.code);
}

/** The bytes of an event as every other door delivers them; undefined when it does not parse. */
function bytesOf({ name, data }: StreamEvent): Uint8Array | undefined {
  if (name === 'message') return new TextEncoder().encode(`${data}\n`);
  if (name === 'bytes') return fromBase64(data);
  if (name !== 'gap') return new Uint8Array(0);
  const text = fieldsOf(data)?.text;
  return typeof text === 'string' ? new TextEncoder().encode(text) : undefined;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined; // A character that base64 does not have.
  }
}

async function endOf(link: RestLink, path: string): Promise<Result<bigint>> {
  const answer = await link.ask({ method: 'GET', route: '/v1/fs/stat', query: { path } });
  if (!answer.ok) return answer;
  const { stat } = answer.value;
  const size = typeof stat === 'object' && stat !== null && 'size' in stat ? bigIn(stat.size) : undefined;
  return size === undefined ? refuse('invalid-frame', 'The gateway does not say where the stream ends.') : ok(size);
}

async function openEvents(link: RestLink, path: string, from: bigint): Promise<Result<Events>> {
  const query = { path, follow: '1', from: String(from) };
  const opened = await link.open({ method: 'GET', route: '/v1/fs/tail', query, accept: 'text/event-stream' });
  if (!opened.ok) return opened;
  const { answer, abort } = opened.value;
  const isStream = /^text\/event-stream\b/i.test(answer.header('content-type') ?? '');
  if (answer.status === 200 && isStream) return ok(new Events(link, opened.value));
  const refused = await refusalOf(answer);
  abort();
  return refused;
}

/** The events of one connection. */
class Events {
  readonly #link: RestLink;
  readonly #abort: () => void;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #reader = new EventStreamReader();
  readonly #events: StreamEvent[] = [];
  #isOver = false;

  constructor(link: RestLink, { answer, abort }: Opened) {
    this.#link = link;
    this.#abort = abort;
    this.#pieces = answer.body[Symbol.asyncIterator]();
  }

  /** The next event; undefined: the connection is cut, silent for too long, or was stopped. */
  async next(): Promise<StreamEvent | undefined> {
    while (this.#events.length === 0 && !this.#isOver) {
      const bytes = await this.#nextBytes();
      const events = bytes === undefined ? undefined : this.#reader.take(bytes);
      if (events === undefined) this.stop();
      else this.#events.push(...events);
    }
    return this.#events.shift();
  }

  async #nextBytes(): Promise<Uint8Array | undefined> {
    const cancel = this.#link.timers.after(SILENCE_MS, () => this.#abort());
    try {
      const piece = await this.#pieces.next();
      return piece.done === true ? undefined : piece.value;
    } catch {
      return undefined; // Cut, or given up.
    } finally {
      cancel();
    }
  }

  /** What was heard and not taken is forgotten: it is asked for again, or nobody wants it. */
  stop(): void {
    this.#isOver = true;
    this.#events.length = 0;
    this.#abort();
  }
}
