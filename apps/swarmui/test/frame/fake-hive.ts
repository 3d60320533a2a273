// A hive for tests of the frame: views and streams in memory, a connection that a test breaks, a session that it revokes.

import type { FileStat, Follow, HiveClient } from '@cohesix/client/core';
import { ok, type RefusalCode, type Result, refusal, refuse } from '@cohesix/wire';

const UTF8 = new TextEncoder();

/** What follows and reads of all clients see. */
export class FakeHive {
  readonly files = new Map<string, string>();
  readonly streams = new Set<string>();
  /** Paths in the order in which they were read. */
  readonly reads: string[] = [];
  readonly appended: string[] = [];
  /** What an append answers instead of being taken. */
  refused: RefusalCode | undefined;
  /** Appends wait for this. */
  gate: Promise<void> = Promise.resolve();
  readonly clients: FakeClient[] = [];
  readonly #wakes = new Set<() => void>();

  client(): FakeClient {
    const made = new FakeClient(this);
    this.clients.push(made);
    return made;
  }

  put(path: string, text: string): void {
    this.files.set(path, text);
  }

  stream(path: string, text = ''): void {
    this.streams.add(path);
    this.files.set(path, text);
  }

  publish(path: string, text: string): void {
    this.files.set(path, (this.files.get(path) ?? '') + text);
    this.wake();
  }

  wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  woken(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        resolve();
      };
      this.#wakes.add(wake);
    });
  }
}

/** A session of it. */
export class FakeClient implements HiveClient {
  readonly door = 'fake';
  readonly role = 'queen';
  readonly hive: FakeHive;
  over: RefusalCode | undefined;
  isClosed = false;

  constructor(hive: FakeHive) {
    this.hive = hive;
  }

  /** Everything is refused so from now on. */
  end(code: RefusalCode): void {
    this.over = code;
    this.hive.wake();
  }

  async list(): Promise<Result<readonly string[]>> {
    return refuse('unsupported');
  }

  async read(path: string, { from = 0n }: { readonly from?: bigint } = {}): Promise<Result<Uint8Array>> {
    this.hive.reads.push(path);
    if (this.over !== undefined) return refuse(this.over);
    const text = this.hive.files.get(path);
    return text === undefined ? refuse('invalid-path') : ok(UTF8.encode(text).subarray(Number(from)));
  }

  async append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    await this.hive.gate;
    if (this.over !== undefined) return refuse(this.over);
    if (this.hive.refused !== undefined) return refuse(this.hive.refused);
    this.hive.appended.push(`${path} ${text}`);
    return ok({ bytes: text.length });
  }

  async follow(path: string, { from }: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    if (this.over !== undefined) return refuse(this.over);
    if (!this.hive.streams.has(path)) return refuse('denied');
    return ok(followOf(this, path, Number(from ?? BigInt(this.hive.files.get(path)?.length ?? 0))));
  }

  async stat(path: string): Promise<Result<FileStat>> {
    if (this.over !== undefined) return refuse(this.over);
    const size = BigInt(UTF8.encode(this.hive.files.get(path) ?? '').length);
    return ok({ kind: 'stream', mode: 0o444, size, qidPath: 1n, qidVersion: 1 });
  }

  async ping(): Promise<Result<void>> {
    return this.over === undefined ? ok(undefined) : refuse(this.over);
  }

  async push(): Promise<Result<never>> {
    return refuse('unsupported');
  }

  async pull(): Promise<Result<never>> {
    return refuse('unsupported');
  }

  async explain(): Promise<string | undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.end('closed');
  }
}

function followOf(client: FakeClient, path: string, from: number): Follow {
  const { hive } = client;
  let finish: (result: Result<void>) => void = () => undefined;
  const ended = new Promise<Result<void>>((resolve) => {
    finish = resolve;
  });
  let isStopped = false;
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    let at = from;
    for (;;) {
      const bytes = UTF8.encode(hive.files.get(path) ?? '');
      if (isStopped) return finish(ok(undefined));
      if (client.over !== undefined) return finish({ ok: false, refusal: refusal(client.over) });
      if (bytes.length > at) {
        const chunk = bytes.subarray(at);
        at = bytes.length;
        yield chunk;
      } else await hive.woken();
    }
  }
  const stop = (): void => {
    isStopped = true;
    hive.wake();
  };
  return { ended, stop, [Symbol.asyncIterator]: chunks };
}

/** Lets everything that can settle now do so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
