// A follow over a console connection of its own: the server pushes lines, the client keeps a bounded queue and pauses
// the connection while the reader is slow.

import { type ConsoleAnswer, contentOfLine, ok, type Refusal, type Result, refusal } from '@cohesix/wire';
import { concatBytes } from '../concat-bytes.ts';
import type { LocalFollow } from '../local-door.ts';
import type { ConsoleSession } from './console-session.ts';

/** Queued bytes above which the connection is paused, and below which it goes on. */
const PAUSE_BYTES = 1 << 18;
const RESUME_BYTES = 1 << 16;

/** Queued bytes at which the follow ends with `buffer-full`: a transport that cannot pause, or a hostile peer. */
const QUEUE_BYTES_MAX = 1 << 23;

/** A pulled follow that owns its connection. */
export class ConsoleFollow implements LocalFollow {
  readonly #session: ConsoleSession;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #isPaused = false;
  #ended: Result<undefined> | undefined;
  #wake: () => void = () => {};

  /** The session must be about to send `follow` and give everything else it hears to `take`. */
  constructor(session: ConsoleSession) {
    this.#session = session;
    session.whenFailed = (why) => this.#end({ ok: false, refusal: why });
  }

  /** Takes one line of the stream. */
  take(answer: ConsoleAnswer): void {
    switch (answer.kind) {
      case 'data':
        this.#data(answer.line);
        break;
      case 'end':
        this.#end(ok(undefined));
        break;
      case 'err':
        this.#end({ ok: false, refusal: answer.refusal });
        break;
      case 'ok':
        this.#session.link.broken('an acknowledgement inside a follow');
        break;
    }
  }

  #data(line: string): void {
    const bytes = contentOfLine(line);
    if (!bytes.ok) {
      this.#session.link.broken(bytes.refusal.detail);
      return;
    }
    this.#queue.push(bytes.value);
    this.#queueBytes += bytes.value.length;
    if (this.#queueBytes > QUEUE_BYTES_MAX) this.#end({ ok: false, refusal: tooSlow() });
    else if (this.#queueBytes > PAUSE_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#session.pause();
    }
    this.#wake();
  }

  async next(): Promise<Result<Uint8Array | undefined>> {
    while (this.#queueBytes === 0 && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#queueBytes === 0) return this.#ended ?? ok(undefined);
    const chunk = concatBytes(this.#queue, this.#queueBytes);
    this.#queue = [];
    this.#queueBytes = 0;
    this.#goOn();
    return ok(chunk);
  }

  #goOn(): void {
    if (!this.#isPaused || this.#queueBytes > RESUME_BYTES) return;
    this.#isPaused = false;
    this.#session.resume();
  }

  stop(): void {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#end(ok(undefined));
  }

  #end(result: Result<undefined>): void {
    if (this.#ended !== undefined) return;
    this.#ended = result;
    this.#session.say('QUIT');
    this.#session.end();
    this.#wake();
  }
}

function tooSlow(): Refusal {
  return refusal('buffer-full', 'The reader of this follow is too slow; follow again from a later cursor.');
}
