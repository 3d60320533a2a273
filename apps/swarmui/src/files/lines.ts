// Streams that somebody looks at: followed while watched, their last lines kept, gone on with at the same cursor after the connection was
// lost. What the stream lost meanwhile stands in it, as its own marker line.

import { READ_MAX_BYTES_DEFAULT } from '@cohesix/client/core';
import { type Hive, hive } from '../session/hive.ts';
import { Store } from '../store/store.ts';
import { type Content, WAITING } from './content.ts';

/** The marker line of what is gone (hive/telemetry, marker.ts). */
const LOST = /^~ lost bytes=\d+ next=(\d{1,16})(?: unknown=\d+)?$/;

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
  #cursor: bigint | undefined;
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
    this.#turn += 1;
    this.#stop();
  }

  #begin(now: Hive | undefined): void {
    this.#turn += 1;
    this.#stop();
    this.#stop = () => undefined;
    if (now !== undefined) void this.#follow(now, this.#turn);
  }

  async #follow({ client, mode }: Hive, turn: number): Promise<void> {
    const from = this.#cursor ?? 0n;
    const retained = await client.read(this.#path, { from, maxBytes: READ_MAX_BYTES_DEFAULT });
    if (turn !== this.#turn) return;
    if (!retained.ok) return this.content.set({ kind: 'refused', refusal: retained.refusal });
    this.#take(retained.value, from);
    this.#tell();
    if (mode === 'past') return;
    const followed = await client.follow(this.#path, { from: this.#cursor ?? 0n });
    if (turn !== this.#turn) return void (followed.ok && followed.value.stop());
    if (!followed.ok) return this.content.set({ kind: 'refused', refusal: followed.refusal });
    this.#stop = () => followed.value.stop();
    for await (const chunk of followed.value) {
      if (turn !== this.#turn) return;
      this.#take(chunk, this.#cursor ?? 0n);
      this.#tellSoon();
    }
  }

  #take(chunk: Uint8Array, from: bigint): void {
    this.#cursor = from + BigInt(chunk.length);
    if (chunk.length === 0) return;
    const lines = new TextDecoder().decode(chunk).replace(/\n$/, '').split('\n');
    const next = LOST.exec(lines[0] ?? '')?.[1];
    if (next !== undefined) this.#cursor = BigInt(next) + BigInt(chunk.length - (lines[0] ?? '').length - 1);
    for (const line of lines) {
      this.#lines.push(line);
      this.#onLine?.(line);
    }
    const over = this.#lines.length - this.#max;
    if (over <= 0) return;
    this.#lines.splice(0, over);
    this.#dropped += over;
  }

  /** A stream may bring thousands of lines a second; a screen shows sixty pictures of them. */
  #tellSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    this.content.set({ kind: 'here', value: { lines: [...this.#lines], dropped: this.#dropped }, isStale: false });
  }
}
