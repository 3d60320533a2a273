// HiveClient inside the hive's process: no protocol between, but the same checks before and the same results after.

import { ok, type Result } from '@cohesix/wire';
import { followOf } from './follow.ts';
import type { FileStat, Follow, HiveClient, ReadOptions } from './hive-client.ts';
import type { LocalDoor } from './local-door.ts';
import { type OpenPieces, PulledPieces, type PushOptions, pushPieces } from './pieces.ts';
import { RefusalsSeen } from './refusals-seen.ts';
import { APPEND_MAX_BYTES_DEFAULT, linesToAppend, pathProblem, READ_MAX_BYTES_DEFAULT } from './request.ts';
import { wholeLines } from './whole-lines.ts';

/** A session of the hive in this process. */
export class InProcessClient implements HiveClient {
  readonly door = 'in-process';
  readonly role: string;
  readonly #local: LocalDoor;
  readonly #appendMaxBytes: number;
  readonly #refusals = new RefusalsSeen();
  readonly #follows = new Set<Follow>();

  /** `appendMaxBytes`: what one 9P write would carry at the hive's msize; the other doors refuse above it. */
  constructor(local: LocalDoor, options: { readonly appendMaxBytes?: number } = {}) {
    this.#local = local;
    this.role = local.role;
    this.#appendMaxBytes = options.appendMaxBytes ?? APPEND_MAX_BYTES_DEFAULT;
  }

  list(path: string): Promise<Result<readonly string[]>> {
    return this.#at(path, () => this.#local.list(path));
  }

  async read(path: string, options?: ReadOptions): Promise<Result<Uint8Array>> {
    return this.readNow(path, options);
  }

  readNow(
    path: string,
    { maxBytes = READ_MAX_BYTES_DEFAULT, from }: ReadOptions = {},
  ): Result<Uint8Array> | Promise<Result<Uint8Array>> {
    const local = this.#local;
    const problem = pathProblem(path);
    if (problem !== undefined) return this.#noted(problem);
    const content = local.readNow?.(path, maxBytes, from) ?? local.read(path, maxBytes, from);
    return content instanceof Promise ? content.then((read) => this.#noted(read)) : this.#noted(content);
  }

  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    return this.#at(path, async () => {
      const lines = linesToAppend(text, this.#appendMaxBytes);
      return lines.ok ? this.#local.append(path, lines.value.text) : lines;
    });
  }

  follow(path: string, options: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    return this.#at(path, async () => {
      const source = await this.#local.follow(path, options.from);
      if (!source.ok) return source;
      const follow: Follow = followOf(wholeLines(source.value), () => this.#follows.delete(follow));
      this.#follows.add(follow);
      return ok(follow);
    });
  }

  push(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options: PushOptions = {},
  ): Promise<Result<{ readonly bytes: number }>> {
    return this.#at(path, async () => {
      const file = await this.#pieces(path, 'write');
      return file.ok ? pushPieces(file.value, source, options) : file;
    });
  }

  pull(path: string, options: { readonly from?: number } = {}): Promise<Result<Follow>> {
    return this.#at(path, async () => {
      const file = await this.#pieces(path, 'read');
      if (!file.ok) return file;
      const pulled: Follow = followOf(new PulledPieces(file.value, options.from ?? 0), (ended) => {
        this.#noted(ended);
        this.#follows.delete(pulled);
      });
      this.#follows.add(pulled);
      return ok(pulled);
    });
  }

  async #pieces(path: string, verb: 'read' | 'write'): Promise<Result<OpenPieces>> {
    const opened = await this.#local.openStored(path, verb);
    if (!opened.ok) return opened;
    const file = opened.value;
    return ok({
      pieceBytes: this.#appendMaxBytes,
      read: (offset, count) => file.read(offset, count),
      append: (piece) => file.append(piece),
      close: () => file.close(),
    });
  }

  stat(path: string): Promise<Result<FileStat>> {
    return this.#at(path, () => this.#local.stat(path));
  }

  async ping(): Promise<Result<void>> {
    return this.#noted(await this.#local.ping());
  }

  explain(): Promise<string | undefined> {
    return this.#refusals.explain((path, maxBytes) => this.#local.read(path, maxBytes));
  }

  async close(): Promise<void> {
    for (const follow of this.#follows) follow.stop();
    await this.#local.close();
  }

  /** Every refusal of this door carries its sentence, so all of them are remembered as local. */
  async #at<T>(path: string, run: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#noted(pathProblem(path) ?? (await run()));
  }

  #noted<T>(result: Result<T>): Result<T> {
    return this.#refusals.note(result, () => false);
  }
}
