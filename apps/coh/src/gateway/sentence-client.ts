// A session whose refusals carry the hive's own sentence. Over 9P only a number comes back; the sentence is in
// `/proc/self/refusal`. A gateway answers with both, as the hive in its own process does, so it is fetched at each refusal.

import type { FileStat, Follow, HiveClient, PushOptions, ReadOptions } from '@cohesix/client';
import { REFUSALS, type Result, refuse } from '@cohesix/wire';

/** Puts the sentences in. Closing it closes the session below. */
export class SentenceClient implements HiveClient {
  readonly #client: HiveClient;

  constructor(client: HiveClient) {
    this.#client = client;
  }

  get door(): string {
    return this.#client.door;
  }

  get role(): string {
    return this.#client.role;
  }

  list(path: string): Promise<Result<readonly string[]>> {
    return this.#told(this.#client.list(path));
  }

  read(path: string, options?: ReadOptions): Promise<Result<Uint8Array>> {
    return this.#told(this.#client.read(path, options));
  }

  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    return this.#told(this.#client.append(path, text));
  }

  follow(path: string, options?: { readonly from?: bigint }): Promise<Result<Follow>> {
    return this.#told(this.#client.follow(path, options));
  }

  push(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options?: PushOptions,
  ): Promise<Result<{ readonly bytes: number }>> {
    return this.#told(this.#client.push(path, source, options));
  }

  pull(path: string, options?: { readonly from?: number }): Promise<Result<Follow>> {
    return this.#told(this.#client.pull(path, options));
  }

  stat(path: string): Promise<Result<FileStat>> {
    return this.#told(this.#client.stat(path));
  }

  ping(): Promise<Result<void>> {
    return this.#told(this.#client.ping());
  }

  explain(): Promise<string | undefined> {
    return this.#client.explain();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A sentence that is the code's own says nothing about this case: the hive is asked for its own. */
  async #told<T>(asked: Promise<Result<T>>): Promise<Result<T>> {
    const result = await asked;
    if (result.ok || result.refusal.detail !== REFUSALS[result.refusal.code].sentence) return result;
    const { code } = result.refusal;
    return refuse(code, await this.#client.explain());
  }
}
