// HiveClient over 9P2000.L. Each operation walks to a fid of its own, acts and clunks, so operations never wait for
// each other; the multiplexer bounds how many are in flight. A write is sent once and never again.

import {
  GETATTR_ALL,
  GETATTR_BASIC,
  O_FOLLOW_STREAM,
  O_RDONLY,
  O_WRONLY,
  ok,
  type Result,
  readDirents,
  refusal,
  refuse,
} from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import { concatBytes } from '../concat-bytes.ts';
import { followOf } from '../follow.ts';
import type { FileStat, Follow, HiveClient, ReadOptions } from '../hive-client.ts';
import { PulledPieces, type PushOptions, pushPieces } from '../pieces.ts';
import { RefusalsSeen } from '../refusals-seen.ts';
import { compareBytes, componentsOf, contentTooBig, linesToAppend, READ_MAX_BYTES_DEFAULT } from '../request.ts';
import { wholeLines } from '../whole-lines.ts';
import { type AttachOptions, FidSession, type Opened, type Walked } from './fid-session.ts';
import { kindOfFile } from './file-kind.ts';
import { NinePFollow } from './ninep-follow.ts';
import { NinePPieces } from './ninep-pieces.ts';

/** Names taken from one directory; more is `too-big`. */
const LIST_NAMES_MAX = 65_536;

/** Follows at a time on one connection: each holds one of its requests in flight. */
const FOLLOWS_MAX = 8;

const PERMISSION_BITS = 0o7777;

/** A session with a hive over 9P. */
export class NinePClient implements HiveClient {
  readonly door = '9p';
  readonly role: string;
  readonly #session: FidSession;
  readonly #refusals = new RefusalsSeen();
  readonly #follows = new Set<Follow>();

  private constructor(session: FidSession, role: string) {
    this.#session = session;
    this.role = role;
  }

  /** Attaches on a fresh, connected transport; on refusal the transport is closed. */
  static async attach(transport: ByteTransport, options: AttachOptions): Promise<Result<NinePClient>> {
    const session = await FidSession.open(transport, options);
    return session.ok ? ok(new NinePClient(session.value, options.role)) : session;
  }

  /** Fids in use, the root's included; for tests and messages. */
  get fidCount(): number {
    return this.#session.fidCount;
  }

  list(path: string): Promise<Result<readonly string[]>> {
    return this.#at(path, (at) => this.#opened(at, O_RDONLY, (file) => this.#names(path, file)));
  }

  async #names(path: string, directory: Opened): Promise<Result<readonly string[]>> {
    const names = new Set<string>();
    let offset = 0n;
    for (;;) {
      const page = await this.#session.readDirectory(directory, offset);
      if (!page.ok) return page;
      if (page.value.length === 0) return ok([...names].sort(compareBytes));
      const entries = readDirents(page.value);
      if (!entries.ok) return this.#broken(entries.refusal.detail);
      for (const { name } of entries.value) if (name !== '.' && name !== '..') names.add(name);
      const next = entries.value.at(-1)?.offset ?? offset;
      if (next === offset) return this.#broken('Rreaddir does not advance');
      if (names.size > LIST_NAMES_MAX) return refuse('too-big', `${path} has more than ${LIST_NAMES_MAX} names.`);
      offset = next;
    }
  }

  read(path: string, { maxBytes = READ_MAX_BYTES_DEFAULT, from = 0n }: ReadOptions = {}): Promise<Result<Uint8Array>> {
    return this.#at(path, (at) => this.#readAll(path, at, maxBytes, from));
  }

  #readAll(path: string, at: Walked, maxBytes: number, from: bigint = 0n): Promise<Result<Uint8Array>> {
    return this.#opened(at, O_RDONLY, async (file) => {
      const chunks: Uint8Array[] = [];
      let total = 0;
      for (;;) {
        const chunk = await this.#session.read(file, from + BigInt(total), file.ioBytes);
        if (!chunk.ok) return chunk;
        if (chunk.value.length === 0) return ok(concatBytes(chunks, total));
        chunks.push(chunk.value);
        total += chunk.value.length;
        if (total > maxBytes) return contentTooBig(path, maxBytes);
      }
    });
  }

  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    const lines = linesToAppend(text, this.#session.writeMaxBytes);
    if (!lines.ok) return Promise.resolve(this.#seen(lines));
    return this.#at(path, (at) =>
      this.#opened(at, O_WRONLY, async (file) => {
        if (lines.value.bytes.length > file.ioBytes) return refuse('too-big');
        const count = await this.#session.append(file, lines.value.bytes);
        return count.ok ? ok({ bytes: count.value }) : count;
      }),
    );
  }

  async follow(path: string, options: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    if (this.#follows.size >= FOLLOWS_MAX) {
      return this.#seen(refuse('limit', `At most ${FOLLOWS_MAX} follows on one connection.`));
    }
    const components = componentsOf(path);
    if (!components.ok) return this.#seen(components);
    const at = await this.#session.walk(components.value);
    if (!at.ok) return this.#seen(at);
    const source = await this.#openFollow(at.value, options.from);
    if (!source.ok) {
      this.#session.clunk(at.value.fid);
      return this.#seen(source);
    }
    const follow: Follow = followOf(wholeLines(source.value), () => this.#follows.delete(follow));
    this.#follows.add(follow);
    return ok(follow);
  }

  /** The hive refuses what is no stream; a server that does not is asked what the file is. */
  async #openFollow(at: Walked, from: bigint | undefined): Promise<Result<NinePFollow>> {
    const file = await this.#session.open(at, O_FOLLOW_STREAM);
    if (!file.ok) return file;
    const attributes = await this.#session.attributes(GETATTR_ALL, at);
    if (!attributes.ok) return attributes;
    const { gen, mode, qid, size } = attributes.value;
    const kind = kindOfFile({ gen, mode, qidType: qid.type });
    if (kind === 'directory' || (gen !== 0n && kind !== 'stream')) {
      return refuse('unsupported', 'Only a stream can be followed.');
    }
    return ok(new NinePFollow(this.#session, file.value, from === undefined || from > size ? size : from));
  }

  async push(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options: PushOptions = {},
  ): Promise<Result<{ readonly bytes: number }>> {
    const file = await this.#pieces(path, O_WRONLY);
    return this.#seen(file.ok ? await pushPieces(file.value, source, options) : file);
  }

  async pull(path: string, options: { readonly from?: number } = {}): Promise<Result<Follow>> {
    const file = await this.#pieces(path, O_RDONLY);
    if (!file.ok) return this.#seen(file);
    const pulled: Follow = followOf(new PulledPieces(file.value, options.from ?? 0), (ended) => {
      this.#seen(ended);
      this.#follows.delete(pulled);
    });
    this.#follows.add(pulled);
    return ok(pulled);
  }

  /** As in process, other files are refused: their appends are lines, and their reads not content that stays. */
  async #isBlob(path: string, at: Walked): Promise<Result<void>> {
    const attributes = await this.#session.attributes(GETATTR_ALL, at);
    if (!attributes.ok) return attributes;
    const { gen, mode, qid } = attributes.value;
    if (gen === 0n || kindOfFile({ gen, mode, qidType: qid.type }) === 'blob') return ok(undefined);
    return refuse('unsupported', `${path} is not content that is moved in pieces.`);
  }

  /** Walks and opens; the fid is the pieces' own. */
  async #pieces(path: string, flags: number): Promise<Result<NinePPieces>> {
    const components = componentsOf(path);
    if (!components.ok) return components;
    const at = await this.#session.walk(components.value);
    if (!at.ok) return at;
    const [file, isStored] = await Promise.all([this.#session.open(at.value, flags), this.#isBlob(path, at.value)]);
    if (file.ok && isStored.ok) return ok(new NinePPieces(this.#session, file.value));
    this.#session.clunk(at.value.fid);
    return file.ok ? (isStored as Result<never>) : file;
  }

  stat(path: string): Promise<Result<FileStat>> {
    return this.#at(path, async (at) => {
      const attributes = await this.#session.attributes(GETATTR_ALL, at);
      if (!attributes.ok) return attributes;
      const { qid, mode, size, gen } = attributes.value;
      const kind = kindOfFile({ gen, mode, qidType: qid.type });
      return ok({ kind, mode: mode & PERMISSION_BITS, size, qidPath: qid.path, qidVersion: qid.version });
    });
  }

  async ping(): Promise<Result<void>> {
    const attributes = await this.#session.attributes(GETATTR_BASIC);
    return this.#seen(attributes.ok ? ok(undefined) : attributes);
  }

  explain(): Promise<string | undefined> {
    return this.#refusals.explain(async (path, maxBytes) => {
      const components = componentsOf(path);
      if (!components.ok) return components;
      return this.#session.withFid(components.value, (at) => this.#readAll(path, at, maxBytes));
    });
  }

  async close(): Promise<void> {
    for (const follow of this.#follows) follow.stop();
    this.#session.leave();
  }

  /** Opens and hands the file to `use`. */
  async #opened<T>(at: Walked, flags: number, use: (file: Opened) => Promise<Result<T>>): Promise<Result<T>> {
    const file = await this.#session.open(at, flags);
    return file.ok ? use(file.value) : file;
  }

  async #at<T>(path: string, use: (at: Walked) => Promise<Result<T>>): Promise<Result<T>> {
    const components = componentsOf(path);
    if (!components.ok) return this.#seen(components);
    return this.#seen(await this.#session.withFid(components.value, use));
  }

  #seen<T>(result: Result<T>): Result<T> {
    return this.#refusals.note(result, (why) => this.#session.isFromHive(why));
  }

  #broken(why: string): Result<never> {
    this.#session.end(refusal('invalid-frame', `The server broke the protocol: ${why}.`));
    return refuse('invalid-frame', `The server broke the protocol: ${why}.`);
  }
}
