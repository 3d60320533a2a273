// What all clients of recordings have in common: nothing can be sent, nothing can be lost, and what is not there is refused in words.

import type { FileStat, Follow, HiveClient, ReadOptions } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';

/** A client that only reads. */
export abstract class RecordedClient implements HiveClient {
  readonly door = 'recording';
  readonly role: string;

  constructor(role: string) {
    this.role = role;
  }

  abstract list(path: string): Promise<Result<readonly string[]>>;
  abstract stat(path: string): Promise<Result<FileStat>>;
  abstract read(path: string, options?: ReadOptions): Promise<Result<Uint8Array>>;

  async follow(path: string, _options: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    return refuse('not-found', `The recording does not hold it: ${path}.`);
  }

  async pull(path: string, { from = 0 }: { readonly from?: number } = {}): Promise<Result<Follow>> {
    const content = await this.read(path, { from: BigInt(from) });
    return content.ok ? ok(once(content.value)) : content;
  }

  async append(_path: string, _text: string): Promise<Result<never>> {
    return refuse('unsupported', 'This is a recording; nothing can be sent to it.');
  }

  push(path: string): Promise<Result<never>> {
    return this.append(path, '');
  }

  async ping(): Promise<Result<void>> {
    return ok(undefined);
  }

  async explain(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    // There is no connection.
  }
}

function once(content: Uint8Array): Follow {
  return {
    stop: () => undefined,
    ended: Promise.resolve(ok(undefined)),
    async *[Symbol.asyncIterator]() {
      if (content.length > 0) yield content;
    },
  };
}
