// HiveClient over the line console. Commands share one connection and are answered in order; each follow has a
// connection of its own, so that commands keep working beside it. A write is sent once and never again.

import { ackField, CONSOLE_CAPS, ok, type Result, refuse } from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import { concatBytes } from '../concat-bytes.ts';
import { followOf } from '../follow.ts';
import type { FileStat, Follow, HiveClient, ReadOptions } from '../hive-client.ts';
import { RefusalsSeen } from '../refusals-seen.ts';
import {
  APPEND_MAX_BYTES_DEFAULT,
  compareBytes,
  componentsOf,
  contentTooBig,
  linesToAppend,
  READ_MAX_BYTES_DEFAULT,
} from '../request.ts';
import { wholeLines } from '../whole-lines.ts';
import { ConsoleFollow } from './console-follow.ts';
import { type ConsoleOptions, ConsoleSession } from './console-session.ts';

/** Names taken from one directory; more is `too-big`. */
const LIST_NAMES_MAX = 65_536;

/** Follows at a time of one client: each is a connection. */
const FOLLOWS_MAX = 8;

const KINDS: readonly string[] = ['directory', 'view', 'control', 'stream', 'blob'] satisfies FileStat['kind'][];

/** Makes another connection to the same console. */
export type Dial = () => Promise<Result<ByteTransport>>;

/** A session with a hive over its console. */
export class ConsoleClient implements HiveClient {
  readonly door = 'console';
  readonly role: string;
  readonly #session: ConsoleSession;
  readonly #dial: Dial;
  readonly #options: ConsoleOptions;
  readonly #refusals = new RefusalsSeen();
  readonly #follows = new Set<Follow>();
  #isClosed = false;

  private constructor(session: ConsoleSession, dial: Dial, options: ConsoleOptions) {
    this.#session = session;
    this.#dial = dial;
    this.#options = options;
    this.role = options.role;
  }

  /** Connects, authenticates and attaches. `dial` is called again for every follow. */
  static async attach(dial: Dial, options: ConsoleOptions): Promise<Result<ConsoleClient>> {
    const session = await openSession(dial, options);
    return session.ok ? ok(new ConsoleClient(session.value, dial, options)) : session;
  }

  list(path: string): Promise<Result<readonly string[]>> {
    return this.#at(path, async () => {
      const answer = await this.#session.command(`ls ${path}`, 'names', LIST_NAMES_MAX);
      return answer.ok ? ok([...answer.value.names].sort(compareBytes)) : answer;
    });
  }

  read(path: string, { maxBytes = READ_MAX_BYTES_DEFAULT, from }: ReadOptions = {}): Promise<Result<Uint8Array>> {
    return this.#at(path, async () => (from === undefined ? this.#cat(path, maxBytes) : NO_OFFSETS));
  }

  async #cat(path: string, maxBytes: number): Promise<Result<Uint8Array>> {
    const answer = await this.#session.command(`cat ${path}`, 'content', maxBytes);
    if (answer.ok) return ok(concatBytes(answer.value.parts, answer.value.partBytes));
    const isCut = answer.refusal.code === 'too-big' && !this.#session.isFromHive(answer.refusal);
    return isCut ? contentTooBig(path, maxBytes) : answer;
  }

  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    return this.#at(path, async () => {
      const lines = linesToAppend(text, APPEND_MAX_BYTES_DEFAULT);
      if (!lines.ok) return lines;
      // The console adds the last line feed; those between lines travel inside the frame.
      const answer = await this.#session.command(`echo ${path} ${lines.value.text.slice(0, -1)}`, 'none');
      return answer.ok ? ok({ bytes: lines.value.bytes.length }) : answer;
    });
  }

  follow(path: string, options: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    return this.#at(path, async () => {
      if (this.#follows.size >= FOLLOWS_MAX) return refuse('limit', `At most ${FOLLOWS_MAX} follows at a time.`);
      const source = await this.#openFollow(path, options.from);
      if (!source.ok) return source;
      const follow: Follow = followOf(wholeLines(source.value), () => this.#follows.delete(follow));
      this.#follows.add(follow);
      return ok(follow);
    });
  }

  async #openFollow(path: string, from: bigint | undefined): Promise<Result<ConsoleFollow>> {
    const session = await openSession(this.#dial, this.#options);
    if (!session.ok) return session;
    // Lines may come in one chunk with the acknowledgement, so the follow is there before it.
    const follow = new ConsoleFollow(session.value);
    session.value.streamTo((line) => follow.take(line));
    const answer = await session.value.command(`follow ${path}${from === undefined ? '' : ` ${from}`}`, 'none');
    if (answer.ok) return ok(follow);
    session.value.end();
    return answer;
  }

  push(path: string): Promise<Result<never>> {
    return this.#at(path, async () => NO_PIECES);
  }

  pull(path: string): Promise<Result<never>> {
    return this.#at(path, async () => NO_PIECES);
  }

  stat(path: string): Promise<Result<FileStat>> {
    return this.#at(path, async () => {
      const answer = await this.#session.command(`stat ${path}`, 'none');
      if (!answer.ok) return answer;
      const stat = statOf(answer.value.detail);
      return stat === undefined ? refuse('invalid-frame', 'OK STAT lacks a field.') : ok(stat);
    });
  }

  async ping(): Promise<Result<void>> {
    const answer = await this.#session.command('ping', 'none');
    return this.#seen(answer.ok ? ok(undefined) : answer);
  }

  explain(): Promise<string | undefined> {
    return this.#refusals.explain((path, maxBytes) => this.#cat(path, maxBytes));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const follow of this.#follows) follow.stop();
    await this.#session.command('quit', 'none');
    this.#session.end();
  }

  async #at<T>(path: string, run: () => Promise<Result<T>>): Promise<Result<T>> {
    const components = componentsOf(path);
    if (!components.ok) return this.#seen(components);
    if (!CARRIED_PATH.test(path) || new TextEncoder().encode(path).length > CONSOLE_CAPS.pathBytesMax) {
      return this.#seen(refuse('invalid-path', 'The console carries no path with blanks or over its bound.'));
    }
    return this.#seen(await run());
  }

  #seen<T>(result: Result<T>): Result<T> {
    return this.#refusals.note(result, (why) => this.#session.isFromHive(why));
  }
}

const NO_OFFSETS: Result<never> = refuse('unsupported', 'The console reads files from their beginning; use 9P.');
const NO_PIECES: Result<never> = refuse('unsupported', 'The console moves no content in pieces; use 9P.');

/** No blank and no control character. */
const CARRIED_PATH = /^[^\p{Cc}\s]+$/u;

async function openSession(dial: Dial, options: ConsoleOptions): Promise<Result<ConsoleSession>> {
  const transport = await dial();
  return transport.ok ? ConsoleSession.open(transport.value, options) : transport;
}

/** Fields of `OK STAT path=<p> kind=<k> mode=<octal> size=<n> qid=<n> version=<n>`. */
function statOf(detail: string): FileStat | undefined {
  const kind = ackField(detail, 'kind') ?? '';
  const mode = ackField(detail, 'mode') ?? '';
  const size = ackField(detail, 'size') ?? '';
  const qid = ackField(detail, 'qid') ?? '';
  const qidVersion = numberField(detail, 'version');
  const isWhole =
    KINDS.includes(kind) && /^[0-7]{1,5}$/.test(mode) && [size, qid].every((text) => /^\d{1,20}$/.test(text));
  if (!isWhole || qidVersion === undefined) return undefined;
  const fields = { mode: Number.parseInt(mode, 8), size: BigInt(size), qidPath: BigInt(qid), qidVersion };
  return { kind: kind as FileStat['kind'], ...fields };
}

function numberField(detail: string, key: string): number | undefined {
  const text = ackField(detail, key);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
