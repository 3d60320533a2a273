// A recording at a moment of it: the playhead stands between two exchanges, and a client answers from those before it. What was not seen
// until then is refused in words, never guessed.

import type { FileStat, Follow, HiveClient, ReadOptions, Trace } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';
import { RecordedClient } from './recorded-client.ts';
import { contentFrom, endOf, type Run, runsOf } from './runs.ts';
import { readTrace, type Seen, type SeenFile, type TraceView } from './trace-reader.ts';

const LF = 0x0a;

/** A recording and where it is. */
export class TracePlayer {
  readonly view: TraceView;
  #at = 0;
  readonly #watchers = new Set<() => void>();

  constructor(trace: Trace) {
    this.view = readTrace(trace);
  }

  /** How many exchanges have been. */
  get at(): number {
    return this.#at;
  }

  get length(): number {
    return this.view.length;
  }

  /** Puts the playhead elsewhere and tells everybody. */
  moveTo(at: number): void {
    const next = Math.max(0, Math.min(this.length, Math.trunc(at)));
    if (next === this.#at) return;
    this.#at = next;
    for (const watcher of [...this.#watchers]) watcher();
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** A client of the recording; it goes with the playhead. */
  client(): HiveClient {
    return new PlayedClient(this);
  }

  /** What was seen last before the playhead. */
  last<T>(seen: readonly Seen<T>[]): Seen<T> | undefined {
    return seen.findLast(({ index }) => index < this.#at);
  }

  /** What was heard of a stream before the playhead. */
  runs({ pieces }: SeenFile): readonly Run[] {
    return runsOf(pieces.filter(({ index }) => index < this.#at));
  }
}

/** Answers from the recording. */
class PlayedClient extends RecordedClient {
  readonly #player: TracePlayer;
  readonly #follows = new Set<Follow>();

  constructor(player: TracePlayer) {
    super(player.view.role);
    this.#player = player;
  }

  async list(path: string): Promise<Result<readonly string[]>> {
    return this.#answer(path, ({ names }) => names);
  }

  async stat(path: string): Promise<Result<FileStat>> {
    return this.#answer(path, ({ stats }) => stats);
  }

  async read(path: string, { from = 0n, maxBytes }: ReadOptions = {}): Promise<Result<Uint8Array>> {
    const file = this.#player.view.files.get(path);
    const content = file?.isStream === true ? this.#stream(file, Number(from)) : this.#content(path, Number(from));
    if (!content.ok || maxBytes === undefined || content.value.length <= maxBytes) return content;
    return refuse('too-big', `${path} has more than ${maxBytes} bytes.`);
  }

  /** A stream that is heard of later is empty until then: who follows it waits. */
  #stream(file: SeenFile, from: number): Result<Uint8Array> {
    return ok(contentFrom(this.#player.runs(file), from));
  }

  #content(path: string, from: number): Result<Uint8Array> {
    const content = this.#answer(path, ({ contents }) => contents);
    return content.ok ? ok(content.value.subarray(from)) : content;
  }

  /** What was seen last, unless the path was refused after that. */
  #answer<T>(path: string, pick: (file: SeenFile) => readonly Seen<T>[]): Result<T> {
    const file = this.#player.view.files.get(path);
    const seen = file === undefined ? [] : pick(file);
    const last = this.#player.last(seen);
    const refused = file === undefined ? undefined : this.#player.last(file.refusals);
    if (refused !== undefined && refused.index > (last?.index ?? -1)) return { ok: false, refusal: refused.value };
    if (last !== undefined) return ok(last.value);
    const first = seen[0];
    if (first === undefined) return refuse('not-found', `The recording does not hold it: ${path}.`);
    return refuse('not-found', `The recording does not hold it yet: ${path} comes with exchange ${first.index + 1}.`);
  }

  override async follow(path: string, { from }: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    const file = this.#player.view.files.get(path);
    if (file?.isStream !== true) return refuse('not-found', `The recording does not hold it: ${path}.`);
    const start = from === undefined ? endOf(this.#player.runs(file)) : Number(from);
    const followed = new PlayedFollow(this.#player, file, start);
    this.#follows.add(followed);
    void followed.ended.then(() => this.#follows.delete(followed));
    return ok(followed);
  }

  override async close(): Promise<void> {
    for (const followed of this.#follows) followed.stop();
  }
}

/** Whole lines of a stream, as the playhead comes by them. */
class PlayedFollow implements Follow {
  readonly ended: Promise<Result<void>>;
  readonly #player: TracePlayer;
  readonly #file: SeenFile;
  #cursor: number;
  #isOver = false;
  #wake: () => void = () => undefined;
  #end: (result: Result<void>) => void = () => undefined;
  readonly #unwatch: () => void;

  constructor(player: TracePlayer, file: SeenFile, cursor: number) {
    this.#player = player;
    this.#file = file;
    this.#cursor = cursor;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#unwatch = player.watch(() => this.#wake());
  }

  stop(): void {
    this.#isOver = true;
    this.#unwatch();
    this.#end(ok(undefined));
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    while (!this.#isOver) {
      const moved = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const chunk = this.#next();
      if (chunk.length > 0) yield chunk;
      else await moved;
    }
  }

  #next(): Uint8Array {
    const runs = this.#player.runs(this.#file);
    const content = contentFrom(runs, this.#cursor);
    const whole = content.subarray(0, content.lastIndexOf(LF) + 1);
    if (whole.length > 0) this.#cursor = endOf(runs) - (content.length - whole.length);
    return whole;
  }
}
