// Streams that somebody looks at: followed while watched, their last lines kept, gone on with at the same cursor after the connection was
// lost. What the stream lost meanwhile stands in it, as its own marker line.

import { type HiveClient, READ_MAX_BYTES_DEFAULT } from '@cohesix/client/core';
import { type Refusal, type Result, tagOf } from '@cohesix/wire';
import { eyesOf, type Hive, hive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { isTicketOver, isUnanswered } from '../session/verdicts.ts';
import { Store } from '../store/store.ts';
import { type Content, WAITING } from './content.ts';
import { StreamText } from './stream-text.ts';

/** A follow that ended though the connection goes on is begun again after so long, ms. */
const AGAIN_MS = 2000;

/** Last lines of a stream. */
export interface Lines {
  readonly lines: readonly string[];
  /** Lines before these that are not kept. */
  readonly dropped: number;
}

/** One stream, followed while its content is watched. */
export class FollowedLines {
  readonly content: Store<Content<Lines>> = new Store<Content<Lines>>(WAITING);
  readonly #path: string;
  readonly #max: number;
  readonly #onLine: ((line: string) => void) | undefined;
  #lines: string[] = [];
  #dropped = 0;
  #cursor = 0n;
  /** What the lines are of. */
  #of: Hive | undefined;
  #turn = 0;
  #stop: () => void = () => undefined;
  #isScheduled = false;
  #unwatch: (() => void) | undefined;

  /** Keeps the last `max` lines; `onLine` is told each as it comes. */
  constructor(path: string, max: number, onLine?: (line: string) => void) {
    this.#path = path;
    this.#max = max;
    this.#onLine = onLine;
  }

  /** Begins to follow, with what the stream retains. */
  start(): void {
    this.#unwatch ??= hive.watch(() => this.#begin(hive.get()));
    this.#begin(hive.get());
  }

  /** Ends the follow; what was kept stays. */
  end(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#halt();
  }

  #halt(): void {
    this.#turn += 1;
    this.#stop();
    this.#stop = () => undefined;
  }

  #begin(now: Hive | undefined): void {
    this.#halt();
    if (now === undefined) return this.#stale();
    if (!isOfSame(this.#of, now)) this.#forget();
    this.#of = now;
    void this.#follow(now, this.#turn);
  }

  #forget(): void {
    this.#lines = [];
    this.#dropped = 0;
    this.#cursor = 0n;
    this.content.set(WAITING);
  }

  #stale(): void {
    const content = this.content.get();
    if (content.kind === 'here' && !content.isStale) this.content.set({ ...content, isStale: true });
  }

  async #follow(now: Hive, turn: number): Promise<void> {
    const { client, mode } = now;
    const retained = await readFrom(client, this.#path, this.#cursor);
    if (turn !== this.#turn) return;
    if (!retained.ok) return this.#refused(retained.refusal, now, turn);
    const { from, bytes } = retained.value;
    const text = new StreamText(from);
    this.#take(text.take(bytes), text);
    if (mode === 'past') this.#take(text.last(), text);
    this.#tell();
    if (mode === 'past') return;
    const followed = await client.follow(this.#path, { from: text.cursor });
    if (turn !== this.#turn) return void (followed.ok && followed.value.stop());
    if (!followed.ok) return this.#refused(followed.refusal, now, turn);
    this.#stop = () => followed.value.stop();
    const coming = new StreamText(text.cursor);
    for await (const chunk of followed.value) {
      if (turn !== this.#turn) return;
      this.#take(coming.take(chunk), coming);
      this.#tellSoon();
    }
    const ended = await followed.value.ended;
    if (turn !== this.#turn) return;
    if (!ended.ok) return this.#refused(ended.refusal, now, turn);
    if (mode === 'live') this.#later(now, turn);
  }

  /** What was shown stays, as stale, unless the hive says that this file is not for these eyes. */
  #refused(refusal: Refusal, now: Hive, turn: number): void {
    const isSessionOver = isUnanswered(refusal) || isTicketOver(refusal);
    if (isSessionOver || this.#lines.length > 0) this.#stale();
    else this.content.set({ kind: 'refused', refusal });
    if (now.mode !== 'live') return;
    if (isSessionOver) session.lost(now.client, refusal);
    // What the ticket may not see is not asked for again and again.
    if (turn === this.#turn && tagOf(refusal.code) !== 'policy') this.#later(now, turn);
  }

  #later(now: Hive, turn: number): void {
    const timer = setTimeout(() => turn === this.#turn && void this.#follow(now, turn), AGAIN_MS);
    this.#stop = () => clearTimeout(timer);
  }

  #take(lines: readonly string[], { cursor }: StreamText): void {
    this.#cursor = cursor;
    for (const line of lines) {
      this.#lines.push(line);
      this.#onLine?.(line);
    }
    const over = this.#lines.length - this.#max;
    if (over <= 0) return;
    this.#lines.splice(0, over);
    this.#dropped += over;
  }

  /** A stream may bring thousands of lines a second; a screen shows sixty pictures of them, and a hidden one none. */
  #tellSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextPicture(() => {
      this.#isScheduled = false;
      if (this.#unwatch !== undefined) this.#tell();
    });
  }

  #tell(): void {
    const value = { lines: [...this.#lines], dropped: this.#dropped };
    this.content.set({ kind: 'here', value, isStale: hive.get() !== this.#of });
  }
}

/** Whether cursors of one go on in the other: the same eyes, and both live. */
function isOfSame(one: Hive | undefined, other: Hive): boolean {
  return one !== undefined && one.mode === 'live' && other.mode === 'live' && known.get(one) === known.get(other);
}

/** Whose eyes a hive was seen with when it was shown: a sign-in that is over does not lend its number to the next. */
const known = new WeakMap<Hive, unknown>();
function noteEyes(): void {
  const now = hive.get();
  if (now !== undefined) known.set(now, eyesOf(now));
}
hive.watch(noteEyes);
noteEyes();

interface Retained {
  readonly from: bigint;
  readonly bytes: Uint8Array;
}

/** What a stream retains from a cursor on. One that ends before it has begun anew; of a very long one its end. */
async function readFrom(client: HiveClient, path: string, cursor: bigint): Promise<Result<Retained>> {
  const stat = cursor === 0n ? undefined : await client.stat(path);
  if (stat?.ok === false) return stat;
  const from = stat !== undefined && stat.value.size < cursor ? 0n : cursor;
  const bytes = await client.read(path, { from, maxBytes: READ_MAX_BYTES_DEFAULT });
  if (bytes.ok) return { ok: true, value: { from, bytes: bytes.value } };
  return bytes.refusal.code === 'too-big' ? readEnd(client, path) : bytes;
}

async function readEnd(client: HiveClient, path: string): Promise<Result<Retained>> {
  const stat = await client.stat(path);
  if (!stat.ok) return stat;
  const at = stat.value.size - BigInt(READ_MAX_BYTES_DEFAULT / 2);
  const bytes = await client.read(path, { from: at < 0n ? 0n : at, maxBytes: READ_MAX_BYTES_DEFAULT });
  if (!bytes.ok) return bytes;
  // The first line is cut.
  const first = bytes.value.indexOf(0x0a) + 1;
  return { ok: true, value: { from: at + BigInt(first), bytes: bytes.value.subarray(first) } };
}

function nextPicture(run: () => void): void {
  if (globalThis.requestAnimationFrame === undefined) queueMicrotask(run);
  else requestAnimationFrame(run);
}
